# SPDX-License-Identifier: Apache-2.0
"""Everything that the suite changes in a cloud, each noted with its undo before it is asked for.

Servers, keys, addresses and images belong to an ordinary project: an ordinary member asks for
them. What Nova lets only admins do is asked for by the admin (moves, compute services) or, where
the owner must be the project (a server on a named host), by an admin of that project. May not
know: why anything is changed.
"""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from tempest.lib import exceptions as lib_exc

from migration_tests.cloud import data
from migration_tests.cloud.errors import CloudError, answer, asking

# Told of each change before it is asked for: what, how it is undone, and the names it needs.
Note = Callable[[str, str, dict[str, Any]], None]


@dataclass(frozen=True)
class Callers:
    """Tempest's client managers of those who ask.

    :ivar member: of the project that owns everything
    :ivar project_admin: with the role admin in that project
    :ivar admin: of the cloud
    """

    member: Any
    project_admin: Any
    admin: Any


@dataclass(frozen=True)
class KeyPair:
    """A key pair, imported for all who make servers."""

    name: str
    private_key: str


@dataclass(frozen=True)
class ServerGroup:
    """A server group.

    :ivar places: how many servers may be in it
    """

    server_group: str
    places: int


@dataclass
class _Image:
    """An image that was asked for.

    :ivar image: its ID, "" before it is known
    :ivar snapshots: whether it may name snapshots of volumes
    """

    image: str = ""
    snapshots: bool = False


class Changes:
    """Changes the cloud, and remembers what it made for its deletion.

    :param callers: who asks for what
    :param note: told of each change before it is asked for
    """

    def __init__(self, callers: Callers, note: Note) -> None:
        self._callers = callers
        self._note = note
        self._servers: list[str] = []
        self._locked: set[str] = set()
        self._floating_ips: list[str] = []
        self._images: dict[str, _Image] = {}  # by name
        self._others: list[tuple[str, Callable[[], Any]]] = []

    def call_at_each(self, function: Callable[[], None]) -> None:
        """Have a function called besides, before each change is asked for."""
        note = self._note

        def both(change: str, undo: str, values: dict[str, Any]) -> None:
            note(change, undo, values)
            function()

        self._note = both

    # --- what a member owns ------------------------------------------------------------------

    def import_key_pair(self, name: str, public_key: str) -> None:
        """Import a public key for the member and the project's admin: keys belong to users."""
        for who in (self._callers.member, self._callers.project_admin):
            client = who.keypairs_client
            self._note("import key pair", "delete key pair", {"name": name})
            # Before it is asked for: an answer may get lost.
            self._others.append((f"key pair {name}", partial(client.delete_keypair, name)))
            with asking(f"the key pair {name}"):
                # Tempest's client checks the answers of versions below 2.92, which all may ask.
                client.create_keypair(name=name, public_key=public_key)

    def create_security_group(self, name: str, rules: Sequence[dict[str, Any]]) -> str:
        """Make a security group that lets some traffic in, and return its ID."""
        client = self._callers.member.security_groups_client
        self._note("create security group", "delete security group", {"name": name})
        with asking(f"the security group {name}"):
            body = client.create_security_group(name=name, description="migration-chaos")
            identity = str(body["security_group"]["id"])
            delete = partial(client.delete_security_group, identity)
            self._others.append((f"security group {name}", delete))
            for rule in rules:
                self._callers.member.security_group_rules_client.create_security_group_rule(
                    security_group_id=identity, direction="ingress", **rule
                )
        return identity

    def create_server_group(self, name: str) -> ServerGroup | None:
        """Make a server group whose policy binds nobody; None if the quota leaves no room for one.

        Members of a group with a soft policy may be on one host; none is refused for its sake.
        """
        client = self._callers.project_admin.server_groups_client
        with asking("the project's limits"):
            body = self._callers.project_admin.limits_client.show_limits()
            places = int(body["limits"]["absolute"]["maxServerGroupMembers"])
        self._note("create server group", "delete server group", {"name": name})
        with asking(f"the server group {name}"):
            try:
                made = client.create_server_group(name=name, policy="soft-anti-affinity")
            except lib_exc.Forbidden:
                return None
            identity = str(made["server_group"]["id"])
        delete = partial(client.delete_server_group, identity)
        self._others.append((f"server group {name}", delete))
        return ServerGroup(identity, places if places >= 0 else sys.maxsize)

    def create_server(self, *, host: str | None = None, **values: Any) -> str:
        """Ask for a server, in the API's own words, and return its ID.

        :param host: where it is to be; only an admin of the project may say so
        """
        who = self._callers.project_admin if host else self._callers.member
        if host:
            values["host"] = host
        self._note("create server", "delete server", {"name": values.get("name")})
        with asking(f"a new server {values.get('name')}"):
            body = who.servers_client.create_server(**values)
        server = str(body["server"]["id"])
        self._servers.append(server)
        return server

    def create_floating_ip(self, network: str, port: str) -> data.FloatingIpState:
        """Make a floating IP for a port."""
        self._note("create floating IP", "delete floating IP", {"port": port})
        with asking(f"a floating IP for port {port}"):
            body = self._callers.member.floating_ips_client.create_floatingip(
                floating_network_id=network, port_id=port
            )["floatingip"]
        made = data.floating_ip(body)
        self._floating_ips.append(made.floating_ip)
        return made

    def lock(self, server: str) -> data.Answer:
        """Lock a server, as its owner does; from then on only an admin may act on it."""
        self._note("lock server", "unlock server", {"server": server})
        # Before it is asked for: an answer may get lost.
        self._locked.add(server)
        return self._act(self._callers.member, server, {"lock": None})

    def start(self, server: str) -> data.Answer:
        """Ask for the start of a stopped server, as its owner does."""
        self._note("start server", "", {"server": server})
        return self._act(self._owner(server), server, {"os-start": None})

    def stop(self, server: str) -> data.Answer:
        """Ask for the stop of a running server, as its owner does."""
        self._note("stop server", "start server", {"server": server})
        return self._act(self._owner(server), server, {"os-stop": None})

    def pause(self, server: str) -> data.Answer:
        """Ask for the pause of a running server, as its owner does."""
        self._note("pause server", "unpause server", {"server": server})
        return self._act(self._owner(server), server, {"pause": None})

    def suspend(self, server: str) -> data.Answer:
        """Ask for the suspension of a running server, as its owner does."""
        self._note("suspend server", "resume server", {"server": server})
        return self._act(self._owner(server), server, {"suspend": None})

    def hard_reboot(self, server: str) -> data.Answer:
        """Ask for a hard reboot, as its owner does."""
        self._note("hard-reboot server", "", {"server": server})
        return self._act(self._owner(server), server, {"reboot": {"type": "HARD"}})

    def resize(self, server: str, flavor: str) -> data.Answer:
        """Ask for a resize to another flavor, as its owner does."""
        self._note("resize server", "revert resize", {"server": server, "flavor": flavor})
        return self._act(self._owner(server), server, {"resize": {"flavorRef": flavor}})

    def confirm(self, server: str) -> data.Answer:
        """Confirm a resize or cold migration, as the server's owner does."""
        self._note("confirm resize", "", {"server": server})
        return self._act(self._owner(server), server, {"confirmResize": None})

    def revert(self, server: str) -> data.Answer:
        """Revert a resize or cold migration, as the server's owner does."""
        self._note("revert resize", "", {"server": server})
        return self._act(self._owner(server), server, {"revertResize": None})

    def create_image(self, server: str, name: str, *, volumes: bool) -> data.Answer:
        """Ask for an image of a server, as its owner does: a lock does not forbid it.

        :param volumes: the server is on volumes: snapshots are made of these
        """
        undo = "delete image and volume snapshots" if volumes else "delete image"
        self._note("create image", undo, {"server": server, "name": name})
        # Before it is asked for: an answer may get lost.
        made = self._images[name] = _Image(snapshots=volumes)
        client = self._callers.member.servers_client
        bodies: list[str] = []

        def request() -> None:
            asked = json.dumps({"createImage": {"name": name}})
            response, body = client.post(f"servers/{server}/action", asked)
            client.expected_success(202, response.status)
            bodies.append(body)

        said = answer(request)
        if said.accepted:
            with asking(f"the ID of the image {name}"):
                made.image = str(json.loads(bodies[0])["image_id"])
        return said

    def image(self, name: str) -> str:
        """Return the ID of an image that was asked for; "" if it is not known."""
        found = self._images.get(name)
        return found.image if found else ""

    def rescue(self, server: str, image: str) -> data.Answer:
        """Ask for the rescue of a server by an image, as its owner does."""
        self._note("rescue server", "unrescue server", {"server": server, "image": image})
        return self._act(
            self._owner(server), server, {"rescue": {"rescue_image_ref": image}}
        )

    def unrescue(self, server: str) -> data.Answer:
        """Ask for the end of a server's rescue, as its owner does."""
        self._note("unrescue server", "", {"server": server})
        return self._act(self._owner(server), server, {"unrescue": None})

    def _owner(self, server: str) -> Any:
        """Return who acts on a server as its owner does: of a locked one, the cloud's admin."""
        return self._callers.admin if server in self._locked else self._callers.member

    # --- what only an admin may do -----------------------------------------------------------

    def cold_migrate(self, server: str, host: str | None = None) -> data.Answer:
        """Ask for a cold migration.

        :param host: the destination; None leaves it to the scheduler
        """
        self._note("migrate server", "revert resize", {"server": server, "host": host})
        body = {"migrate": {"host": host} if host else None}
        return self._act(self._callers.admin, server, body)

    def set_error(self, server: str) -> data.Answer:
        """Let Nova take a server for one in error; what it does goes on."""
        self._note("set server to error", "set server to active", {"server": server})
        body = {"os-resetState": {"state": "error"}}
        return self._act(self._callers.admin, server, body)

    def evacuate(self, server: str, host: str | None = None) -> data.Answer:
        """Ask for an evacuation.

        :param host: the destination; None leaves it to the scheduler
        """
        # Tempest's own evacuate_server compares microversions as text: it takes 2.100 for older
        # than 2.14 and then misses a password in the answer.
        self._note("evacuate server", "", {"server": server, "host": host})
        return self._act(
            self._callers.admin, server, {"evacuate": {"host": host} if host else {}}
        )

    def live_migrate(
        self, server: str, host: str | None = None, block: bool | None = None
    ) -> data.Answer:
        """Ask for a live migration.

        :param host: the destination; None leaves it to the scheduler
        :param block: copy the local disks; None lets Nova find out
        """
        self._note("live-migrate server", "", {"server": server, "host": host})
        how: bool | str = "auto" if block is None else block
        return self._act(
            self._callers.admin,
            server,
            {"os-migrateLive": {"host": host, "block_migration": how}},
        )

    def set_service(self, service: str, change: str, undo: str, **values: Any) -> data.Answer:
        """Change a compute service: ``forced_down``, ``status``, ``disabled_reason``.

        :param change: the change in a word, and `undo` what takes it back
        """
        self._note(change, undo, {"service": service, **values})
        client = self._callers.admin.services_client
        return answer(lambda: client.update_service(service, **values))

    def _act(self, who: Any, server: str, body: dict[str, Any]) -> data.Answer:
        client = who.servers_client

        def request() -> None:
            response, _ = client.post(f"servers/{server}/action", json.dumps(body))
            client.expected_success([200, 202, 204], response.status)

        return answer(request)

    # --- taking back -------------------------------------------------------------------------

    @property
    def servers(self) -> tuple[str, ...]:
        """The IDs of all servers that were made."""
        return tuple(self._servers)

    def delete_servers(self) -> list[str]:
        """Ask for the deletion of all addresses and servers; return what was refused.

        :return: one sentence for each failure
        """
        left: list[str] = []
        addresses = self._callers.member.floating_ips_client
        for address in self._floating_ips:
            _delete(left, f"floating IP {address}", partial(addresses.delete_floatingip, address))
        for server in self._servers:
            left += self.delete_server(server)
        return left

    def delete_server(self, server: str) -> list[str]:
        """Ask for the deletion of a server that may be one of those that were made."""
        left: list[str] = []
        client = self._callers.admin.servers_client
        _delete(left, f"server {server}", partial(client.delete_server, server))
        return left

    @property
    def images(self) -> tuple[str, ...]:
        """The names of all images that were asked for and are not known to be gone."""
        return tuple(self._images)

    def delete_images(self) -> list[str]:
        """Ask for the deletion of all images and their volume snapshots that are still there.

        What is deleted may be there for a while, and a snapshot that a volume was made from is
        deleted only once that volume is gone: call it again.

        :return: one sentence for each that was there still, or could not be asked about
        """
        left: list[str] = []
        for name, made in list(self._images.items()):
            try:
                there = self._delete_image(name, left, snapshots=made.snapshots)
            except CloudError as error:
                left.append(str(error))
                continue
            left += there
            if not there:
                del self._images[name]
        return left

    def _delete_image(self, name: str, left: list[str], *, snapshots: bool) -> list[str]:
        """Ask for the deletion of what is there by a name; return what was there."""
        there: list[str] = []
        images = self._callers.member.image_client_v2
        with asking(f"the images named {name}"):
            listed = [one["id"] for one in images.list_images({"name": name})["images"]]
        if snapshots:
            client = self._callers.member.snapshots_client_latest
            # So Nova names them.
            with asking(f"the volume snapshots for {name}"):
                found = client.list_snapshots(name=f"snapshot for {name}")["snapshots"]
            for one in found:
                what = f"volume snapshot {one['id']}"
                there.append(f"{what} is still there")
                if one.get("status") != "deleting":
                    _delete(left, what, partial(client.delete_snapshot, one["id"]))
        for identity in listed:
            there.append(f"image {identity} is still there")
            _delete(left, f"image {identity}", partial(images.delete_image, identity))
        return there

    def delete_others(self) -> list[str]:
        """Delete key pairs and groups, once no server uses them any more."""
        left: list[str] = []
        while self._others:
            what, delete = self._others.pop()
            _delete(left, what, delete)
        return left


def _delete(left: list[str], what: str, request: Callable[[], Any]) -> None:
    """Delete one thing; one that is gone already is as good."""
    try:
        with asking(f"the deletion of {what}"), contextlib.suppress(lib_exc.NotFound):
            request()
    except CloudError as error:
        left.append(str(error))
