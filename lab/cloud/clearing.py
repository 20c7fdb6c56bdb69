# SPDX-License-Identifier: Apache-2.0
"""Makes a cloud as fresh as it was: all that anybody made is removed, all hosts serve again.

Runs as a process of its own in the lab's network (see `lab.lifecycle.runner`). Speaks only the
cloud's public API; a cloud that is fresh is left alone, so it can be run again at any time.
"""

import concurrent.futures
import json
import sys
import time
from collections.abc import Callable, Collection, Iterable
from typing import Any

import openstack
import openstack.exceptions
from keystoneauth1 import exceptions as auth_exceptions

from lab.cloud import compute, inventory, networks
from lab.cloud.inventory import Connection, Item, Kind, ask
from lab.cloud.waiting import WaitingError, say, wait_for

TICK = 0.3

# Whatever is still there so long after it was asked to go is asked again, more firmly.
AGAIN = 4.0

Kept = dict[str, list[str]]


class Clearing:
    """One go at removing what is not to be kept.

    :param kept: IDs of what shall stay, by kind.
    :param deadline: point of the monotonic clock.
    """

    def __init__(self, cloud: Connection, kept: Kept, deadline: float):
        self._cloud = cloud
        self._kept = {name: set(ids) for name, ids in kept.items()}
        self._deadline = deadline
        self._tried: dict[tuple[str, str], float] = {}
        self._asked: dict[tuple[str, str], float] = {}
        self._pool = concurrent.futures.ThreadPoolExecutor(8)
        self.removed: dict[str, int] = {}

    def clear(self, kind: Kind) -> None:
        """Remove all of a kind but what is kept, and wait until it is gone.

        :raises WaitingError: something does not go; says what, and why not.
        """
        gone: set[str] = set()

        def look() -> str:
            kept = self._kept.get(kind.name, set())
            left = [
                item for item in kind.list(self._cloud) if inventory.identifier(item) not in kept
            ]
            gone.update(inventory.identifier(item) for item in left)
            refusals = [text for text in self._pool.map(self._remove(kind), left) if text]
            names = ", ".join(str(item.get("name") or item["id"]) for item in left)
            return "; ".join([names, *refusals]) if left else ""

        wait_for(f"{kind.name} that do not go", self._deadline, look, TICK)
        self._count(kind.name, len(gone))

    def _count(self, name: str, number: int) -> None:
        if number:
            self.removed[name] = self.removed.get(name, 0) + number
            say(f"{number} {name} removed")

    def _remove(self, kind: Kind) -> Callable[[Item], str]:
        def remove(item: Item) -> str:
            key, now = (kind.name, inventory.identifier(item)), time.monotonic()
            before = self._asked.get(key)
            if before is not None and now - before < AGAIN:
                return ""
            # One that is refused each time does not go either.
            again = now - self._tried.setdefault(key, now) >= AGAIN
            try:
                kind.delete(self._cloud, item, again=again)
            except openstack.exceptions.HttpException as error:
                # In use by what is just going: asked again at once.
                return str(error.details or error)
            self._asked[key] = now
            return ""

        return remove

    def clear_all(self) -> None:
        """Remove everything: what holds others first, the rest side by side."""
        early = self._pool_of(
            self.key_pairs,
            lambda: self.clear(inventory.SERVER_GROUPS),
            lambda: self.in_order(inventory.FLOATING_IPS, inventory.ROUTERS),
        )
        self.clear(inventory.SERVERS)
        for work in early:
            work.result()
        later = self._pool_of(
            lambda: self.in_order(inventory.VOLUMES, inventory.SNAPSHOTS, inventory.VOLUME_TYPES,
                                  inventory.IMAGES),
            self.networks,
            lambda: self.in_order(inventory.FLAVORS, inventory.AGGREGATES),
            self.allocations,
        )  # fmt: skip
        for work in later:
            work.result()
        self.in_order(
            inventory.USERS, inventory.USER_GROUPS, inventory.PROJECTS, inventory.DOMAINS,
            inventory.ROLES,
        )  # fmt: skip

    @staticmethod
    def _pool_of(*works: Callable[[], None]) -> list[concurrent.futures.Future[None]]:
        pool = concurrent.futures.ThreadPoolExecutor(len(works))
        futures = [pool.submit(work) for work in works]
        pool.shutdown(wait=False)
        return futures

    def in_order(self, *kinds: Kind) -> None:
        """Remove one kind after the other."""
        for kind in kinds:
            self.clear(kind)

    def networks(self) -> None:
        """Remove what is left in Neutron when there are neither servers nor routers."""
        self.clear(inventory.PORTS)
        groups = self._pool_of(lambda: self.clear(inventory.SECURITY_GROUPS))
        self.in_order(inventory.NETWORKS, inventory.SUBNET_POOLS, inventory.ADDRESS_SCOPES)
        for work in groups:
            work.result()
        # Their rules may have been changed; Neutron makes a fresh one when it is asked for.
        for group in inventory.DEFAULT_GROUPS.list(self._cloud):
            inventory.DEFAULT_GROUPS.delete(self._cloud, group)

    def key_pairs(self) -> None:
        """Remove the key pairs of all users there are."""
        users = [inventory.identifier(user) for user in inventory.USERS.list(self._cloud)]
        pairs = inventory.key_pairs(self._cloud, users)
        for user, name in pairs:
            ask(self._cloud, "compute", "DELETE", f"/os-keypairs/{name}?user_id={user}")
        self._count("key pairs", len(pairs))

    def allocations(self) -> None:
        """Remove what Placement still holds for servers, none of which is there any more."""
        leaked = self._consumers()
        if leaked:
            # A server is gone from the API a moment before its allocation is.
            time.sleep(1)
            leaked &= self._consumers()
        for consumer in leaked:
            ask(self._cloud, "placement", "DELETE", f"/allocations/{consumer}")
        self._count("leaked allocations", len(leaked))

    def _consumers(self) -> set[str]:
        found: set[str] = set()
        providers = ask(self._cloud, "placement", "GET", "/resource_providers")
        for provider in providers["resource_providers"]:
            path = f"/resource_providers/{provider['uuid']}/allocations"
            found.update(ask(self._cloud, "placement", "GET", path)["allocations"])
        return found


def bring_back(cloud: Connection, hosts: Iterable[str], deadline: float) -> None:
    """Let all compute services serve: up, enabled, not forced down.

    :param hosts: those there must be.
    :raises WaitingError: one does not come up in time.
    """
    asked: set[str] = set()
    wanted = set(hosts)

    def look() -> str:
        services = ask(cloud, "compute", "GET", "/os-services?binary=nova-compute")["services"]
        missing = sorted(wanted - {service["host"] for service in services})
        for service in services:
            missing += _serve(cloud, service, asked)
        return ", ".join(missing)

    wait_for("compute services that do not serve", deadline, look, TICK)


def _serve(cloud: Connection, service: Item, asked: set[str]) -> list[str]:
    host, path = service["host"], f"/os-services/{service['id']}"
    try:
        if service["forced_down"]:
            ask(cloud, "compute", "PUT", path, {"forced_down": False})
            return [f"{host} is forced down"]
        if service["status"] != "enabled":
            ask(cloud, "compute", "PUT", path, {"status": "enabled"})
            return [f"{host} is disabled"]
    except openstack.exceptions.HttpException as error:
        # Servers were evacuated from it, and its nova-compute has not cleaned up behind them: it
        # does so when it starts.
        if host not in asked:
            asked.add(host)
            print(json.dumps({"request": {"restart": host}}), flush=True)
        return [f"{host}: {error.details or error}"]
    return [] if service["state"] == "up" else [f"nova-compute of {host} is not up"]


def serve_again(cloud: Connection, hosts: list[Item], deadline: float) -> None:
    """Let all hosts serve again, in their zones and aggregates, agents and all.

    :param hosts: those there must be, each with name, kind and zone.
    :raises WaitingError: they do not in time; says what is missing.
    """
    names = {host["name"] for host in hosts}
    bring_back(cloud, names, deadline)
    compute.group_hosts(cloud, hosts, deadline)
    networks.wait_for_agents(cloud, names, deadline)


def force_down(cloud: Connection, hosts: Collection[str]) -> None:
    """Mark these hosts as down in Nova."""
    services = ask(cloud, "compute", "GET", "/os-services?binary=nova-compute")["services"]
    for service in services:
        if service["host"] in hosts:
            path = f"/os-services/{service['id']}"
            ask(cloud, "compute", "PUT", path, {"forced_down": True})


def enable_volume_services(cloud: Connection) -> None:
    """Enable what serves volumes."""
    for service in ask(cloud, "block_storage", "GET", "/os-services")["services"]:
        if service["status"] != "enabled":
            body = {"host": service["host"], "binary": service["binary"]}
            ask(cloud, "block_storage", "PUT", "/os-services/enable", body)


def reset_quotas(cloud: Connection, projects: Iterable[str]) -> None:
    """Give the projects that stay their quotas back."""
    for project in projects:
        ask(cloud, "compute", "DELETE", f"/os-quota-sets/{project}")
        ask(cloud, "block_storage", "DELETE", f"/os-quota-sets/{project}")


def main() -> int:
    """Do it all; the answer counts what was removed, by kind."""
    wanted: dict[str, Any] = json.load(sys.stdin)
    deadline = time.monotonic() + wanted["seconds"]
    cloud = openstack.connect(cloud=wanted["cloud"])
    clearing = Clearing(cloud, wanted["kept"], deadline)
    try:
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            works = [
                pool.submit(clearing.clear_all),
                pool.submit(serve_again, cloud, wanted["hosts"], deadline),
                pool.submit(enable_volume_services, cloud),
                pool.submit(reset_quotas, cloud, wanted["kept"]["projects"]),
            ]
            for work in works:
                work.result()
    except (
        WaitingError,
        openstack.exceptions.SDKException,
        auth_exceptions.ClientException,
    ) as error:
        say(f"FAILED {error}")
        return 1
    print(json.dumps({"removed": clearing.removed}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
