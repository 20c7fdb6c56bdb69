# SPDX-License-Identifier: Apache-2.0
"""What the soak has in the cloud: a network behind a router, and servers of each kind of storage.

Speaks only the cloud's public API. Nothing here is undone by itself: ``lab reset`` does that.
"""

import dataclasses
import time
from collections.abc import Collection, Mapping
from pathlib import Path

from lab.cloud.inventory import Connection, Item, ask
from lab.cloud.waiting import WaitingError, say, wait_for
from lab.model import keys
from lab.soak.guests import Guest

NAME = "soak"
KINDS = ("volume", "shared", "ephemeral")

_SUBNET = "10.77.0.0/24"
_GIB = 1
# Seconds between two looks: one at a dozen servers takes the API half a second of a processor.
TICK = 2.0
_UNLIMITED = -1


@dataclasses.dataclass(frozen=True)
class Member:
    """A server of the soak.

    :param port: ID of its one port.
    """

    server: str
    name: str
    kind: str
    port: str
    guest: Guest


class Tenant:
    """The soak's project: the administrator's own.

    :param folder: where its key is kept.
    """

    def __init__(self, cloud: Connection, folder: Path, image: str, public: str):
        self.cloud = cloud
        self._folder = folder
        self._image = image
        self._public = public

    def _network(self) -> str:
        cloud = self.cloud
        body = {"network": {"name": NAME}}
        network = ask(cloud, "network", "POST", "/networks", body)["network"]
        subnet = {"name": NAME, "network_id": network["id"], "ip_version": 4, "cidr": _SUBNET}
        made = ask(cloud, "network", "POST", "/subnets", {"subnet": subnet})["subnet"]
        gateway = {"name": NAME, "external_gateway_info": {"network_id": self._public}}
        router = ask(cloud, "network", "POST", "/routers", {"router": gateway})["router"]
        path = f"/routers/{router['id']}/add_router_interface"
        ask(cloud, "network", "PUT", path, {"subnet_id": made["id"]})
        return str(network["id"])

    def _make_security_group(self) -> None:
        cloud = self.cloud
        body = {"security_group": {"name": NAME}}
        group = ask(cloud, "network", "POST", "/security-groups", body)["security_group"]
        for protocol in ("icmp", "tcp"):
            rule = {
                "security_group_id": group["id"],
                "direction": "ingress",
                "protocol": protocol,
            }
            body = {"security_group_rule": rule}
            ask(cloud, "network", "POST", "/security-group-rules", body)

    def _lift_quotas(self) -> None:
        project = self.cloud.current_project_id
        names = ("instances", "cores", "ram")
        body = {"quota_set": dict.fromkeys(names, _UNLIMITED)}
        ask(self.cloud, "compute", "PUT", f"/os-quota-sets/{project}", body)
        body = {"quota_set": dict.fromkeys(("volumes", "gigabytes"), _UNLIMITED)}
        ask(self.cloud, "block_storage", "PUT", f"/os-quota-sets/{project}", body)

    def make(
        self, counts: Mapping[str, int], homes: Mapping[str, str], deadline: float
    ) -> list[Member]:
        """Boot so many servers of each kind, each on its kind's first home.

        :param deadline: point of the monotonic clock.
        :raises lab.WaitingError: they do not become active in time.
        """
        cloud = self.cloud
        self._lift_quotas()
        pair = keys.key_pair(self._folder, NAME)
        body = {"keypair": {"name": NAME, "public_key": pair.public}}
        ask(cloud, "compute", "POST", "/os-keypairs", body)
        network = self._network()
        self._make_security_group()
        made: list[tuple[str, str, str]] = []
        for kind, count in counts.items():
            for number in range(1, count + 1):
                name = f"{NAME}-{kind}-{number}"
                server = {
                    "name": name,
                    "flavorRef": f"m.{kind}",
                    "imageRef": "" if kind == "volume" else self._image,
                    "networks": [{"uuid": network}],
                    "key_name": NAME,
                    "host": homes[kind],
                    "security_groups": [{"name": NAME}],
                }
                if kind == "volume":
                    server["block_device_mapping_v2"] = [self._root_volume()]
                answer = ask(cloud, "compute", "POST", "/servers", {"server": server})
                made.append((answer["server"]["id"], name, kind))
        say(f"{len(made)} servers asked for")
        self.wait_for({server: "ACTIVE" for server, _, _ in made}, deadline)
        return [self._reachable(server, name, kind) for server, name, kind in made]

    def _root_volume(self) -> Item:
        return {
            "source_type": "image",
            "destination_type": "volume",
            "uuid": self._image,
            "volume_size": _GIB,
            "boot_index": 0,
            "delete_on_termination": True,
        }

    def _reachable(self, server: str, name: str, kind: str) -> Member:
        cloud = self.cloud
        (port,) = ask(cloud, "network", "GET", f"/ports?device_id={server}")["ports"]
        body = {"floatingip": {"floating_network_id": self._public, "port_id": port["id"]}}
        made = ask(cloud, "network", "POST", "/floatingips", body)["floatingip"]
        guest = Guest(name, made["floating_ip_address"], self._folder / f"{NAME}.key")
        return Member(server, name, kind, port["id"], guest)

    def servers(self) -> dict[str, Item]:
        """Return the soak's servers as the API shows them, by ID."""
        path = f"/servers/detail?all_tenants=1&name=^{NAME}-"
        return {item["id"]: item for item in ask(self.cloud, "compute", "GET", path)["servers"]}

    def wait_for(self, wanted: Mapping[str, str], deadline: float) -> None:
        """Return when each server has the status wanted and nothing is being done to it.

        :raises lab.WaitingError: one has not, or is in error.
        """

        def look() -> str:
            now = self.servers()
            broken = [now[each] for each in wanted if now[each]["status"] == "ERROR"]
            if broken:
                why = broken[0].get("fault", {}).get("message", "no reason given")
                raise WaitingError(f"{broken[0]['name']} is in error: {why}")
            return ", ".join(
                f"{now[each]['name']} is {now[each]['status']} ({task(now[each])})"
                for each, status in wanted.items()
                if now[each]["status"] != status or task(now[each])
            )

        wait_for("servers", deadline, look, TICK)

    def live_migrate(self, members: Collection[Member], targets: Mapping[str, str],
                     deadline: float) -> None:  # fmt: skip
        """Move running servers, each to its kind's target, and wait until all have arrived.

        :raises lab.WaitingError: one has not.
        """
        for member in members:
            move = {"os-migrateLive": {"host": targets[member.kind], "block_migration": "auto"}}
            ask(self.cloud, "compute", "POST", f"/servers/{member.server}/action", move)
        began = time.monotonic()
        self.wait_for({member.server: "ACTIVE" for member in members}, deadline)
        self._arrived(members, targets)
        say(f"{len(members)} servers moved live in {time.monotonic() - began:.0f} s")

    def evacuate(self, members: Collection[Member], targets: Mapping[str, str],
                 deadline: float) -> None:  # fmt: skip
        """Rebuild servers of dead hosts, each on its kind's target, and start them.

        From API version 2.95 an evacuated server is left stopped.

        :raises lab.WaitingError: one does not run in the end.
        """
        began = time.monotonic()
        for member in members:
            body = {"evacuate": {"host": targets[member.kind]}}
            ask(self.cloud, "compute", "POST", f"/servers/{member.server}/action", body)
        names = {member.server: "SHUTOFF" for member in members}

        def look() -> str:
            path = "/os-migrations?migration_type=evacuation&limit=200"
            found = ask(self.cloud, "compute", "GET", path)["migrations"]
            last: dict[str, Item] = {}
            for record in sorted(found, key=lambda item: int(item["id"])):
                last[record["instance_uuid"]] = record
            return ", ".join(
                f"{each}: {last[each]['status'] if each in last else 'not begun'}"
                for each in names
                if each not in last or last[each]["status"] not in ("done", "completed")
            )

        wait_for("evacuations", deadline, look, TICK)
        self.wait_for(names, deadline)
        self._arrived(members, targets)
        say(f"{len(members)} servers evacuated in {time.monotonic() - began:.0f} s")
        for member in members:
            path = f"/servers/{member.server}/action"
            ask(self.cloud, "compute", "POST", path, {"os-start": None})
        self.wait_for({member.server: "ACTIVE" for member in members}, deadline)

    def _arrived(self, members: Collection[Member], targets: Mapping[str, str]) -> None:
        now = self.servers()
        for member in members:
            host = home(now[member.server])
            if host != targets[member.kind]:
                raise WaitingError(
                    f"{member.name} is on {host} and not on {targets[member.kind]}"
                )


def task(server: Item) -> str:
    """Return what is being done to a server, or nothing."""
    return server["OS-EXT-STS:task_state"] or ""


def home(server: Item) -> str:
    """Return the host a server is on."""
    return str(server["OS-EXT-SRV-ATTR:host"])
