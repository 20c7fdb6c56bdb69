# SPDX-License-Identifier: Apache-2.0
"""The servers of a scenario: how they are made, awaited, reached and deleted.

May not know: what happens to them.
"""

from __future__ import annotations

import base64
import contextlib
import dataclasses
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar

from chaos.deadline import Deadline
from migration_tests.cloud.changes import Changes
from migration_tests.cloud.errors import CloudError
from migration_tests.cloud.questions import Cloud
from migration_tests.guest import scripts
from migration_tests.guest.shell import GuestError, GuestShell
from migration_tests.observers.servers import CloudWatch, WaitExpiredError
from migration_tests.record import words
from migration_tests.record.events import (
    CopyIntroduced,
    Expectation,
    PlannedServer,
    ServerIntroduced,
    SshAnswered,
)
from migration_tests.record.history import Recorder
from migration_tests.runner.settings import ServerSettings
from migration_tests.runner.stopping import cloud_stop

R = TypeVar("R")
W = TypeVar("W")

FAILED = frozenset({"ERROR"})
COPY = "-copy"  # what the name of a copy ends with


@dataclass(frozen=True)
class TestServer:
    """One server of the scenario.

    :ivar storage: kind of its root disk, one of ``words.STORAGES``
    :ivar role: `words.SUBJECT` or `words.BYSTANDER`
    :ivar host: where it was asked to boot; None leaves it to the scheduler
    :ivar state: that it is brought to before the first move
    :ivar expected: what must become of it in each move
    :ivar given: what it has that not every server has, in the words of the record
    :ivar address: where it answers, "" before that is known
    :ivar targets: other hosts that a move of it may be asked to lead to, or its copy may be on
    :ivar other_zone: availability zone that its copy is asked for in; None: it has none
    """

    __test__ = False
    server: str
    name: str
    storage: str
    role: str
    host: str | None = None
    state: str = words.ACTIVE
    expected: tuple[Expectation, ...] = ()
    given: tuple[str, ...] = ()
    address: str = ""
    targets: tuple[str, ...] = ()
    other_zone: str | None = None


class TestServers:
    """Makes the servers and their addresses.

    :param cloud: the cloud, asked with admin rights
    :param watch: sees all servers of the scenario
    """

    __test__ = False

    def __init__(
        self,
        cloud: Cloud,
        changes: Changes,
        watch: CloudWatch,
        settings: ServerSettings,
        record: Recorder,
    ) -> None:
        self.all: list[TestServer] = []
        self._cloud = cloud
        self._changes = changes
        self._watch = watch
        self._settings = settings
        self._record = record
        group = settings.server_group
        self._places = iter(range(group.places if group else 0))  # left in the server group

    @property
    def ids(self) -> frozenset[str]:
        """The IDs of all servers."""
        return frozenset(server.server for server in self.all)

    @property
    def subjects(self) -> list[TestServer]:
        """The servers that are moved."""
        return [server for server in self.all if server.role == words.SUBJECT]

    @property
    def bystanders(self) -> list[TestServer]:
        """The servers that are not."""
        return [server for server in self.all if server.role == words.BYSTANDER]

    # --- making ------------------------------------------------------------------------------

    def create(self, planned: PlannedServer) -> None:
        """Ask for a server and make it part of the scenario.

        :raises migration_tests.cloud.errors.CloudError: when the cloud refuses
        """
        name = f"{self._settings.prefix}-{planned.name}"
        values = {**self._values(planned.storage), **_belongings(planned, name), "name": name}
        given = planned.given
        group = self._settings.server_group
        if group and next(self._places, None) is not None:
            values["scheduler_hints"] = {"group": group.server_group}
            given = (*given, words.SERVER_GROUP)
        server = self._changes.create_server(host=planned.host, **values)
        made = TestServer(
            server=server,
            name=name,
            storage=planned.storage,
            role=planned.role,
            host=planned.host,
            state=planned.state,
            expected=planned.expected,
            targets=planned.targets,
            given=given,
            other_zone=planned.other_zone,
        )
        self.all.append(made)
        self._watch.follow(server)
        self._record(
            ServerIntroduced(
                server=server,
                name=name,
                storage=made.storage,
                role=made.role,
                host=made.host,
                state=made.state,
                expected=made.expected,
                zone=planned.zone,
                given=given,
            )
        )

    def create_copy(self, server: TestServer, image: str) -> TestServer:
        """Ask for a new server from the image of one, in another zone, and note it.

        :raises migration_tests.cloud.errors.CloudError: when the cloud refuses
        """
        name = f"{server.name}{COPY}"
        values = self._values(server.storage)
        # An image of a server on volumes says itself what volumes are made for it.
        values.pop("block_device_mapping_v2", None)
        values |= {"name": name, "imageRef": image, "availability_zone": server.other_zone}
        made = TestServer(
            server=self._changes.create_server(**values),
            name=name,
            storage=server.storage,
            role=words.COPY,
        )
        self.all.append(made)
        self._watch.follow(made.server)
        self._record(
            CopyIntroduced(
                server=server.server,
                copy=made.server,
                image=image,
                zone=server.other_zone,
                hosts=server.targets,
            )
        )
        return made

    def _values(self, storage: str) -> dict[str, Any]:
        values: dict[str, Any] = {
            "flavorRef": self._settings.flavors[storage],
            "networks": [{"uuid": self._settings.network}],
            "key_name": self._settings.key_name,
            "security_groups": [{"name": self._settings.security_group}],
        }
        if storage != words.VOLUME:
            return {**values, "imageRef": self._settings.image}
        disk = {
            "boot_index": 0,
            "uuid": self._settings.image,
            "source_type": "image",
            "destination_type": "volume",
            "volume_size": self._settings.volume_size,
            "delete_on_termination": True,
        }
        if self._settings.volume_type:
            disk["volume_type"] = self._settings.volume_type
        return {**values, "block_device_mapping_v2": [disk]}

    def wait_for_status(
        self, servers: Sequence[TestServer], status: str, deadline: Deadline
    ) -> list[TestServer]:
        """Wait until servers have a status or have failed; return those that have it.

        Returns as soon as all have one or the other, and when the time is up. What was seen before
        the call says nothing: the status may be the one of before a request.
        """
        reached: list[TestServer] = []

        def ended(watch: CloudWatch) -> bool:
            reached[:] = [server for server in servers if self.status(server) == status]
            return all(self.status(server) in {status, *FAILED} for server in servers)

        with contextlib.suppress(WaitExpiredError):
            self._watch.wait(ended, deadline)
        return reached

    def status(self, server: TestServer) -> str:
        """Return the status of a server on which Nova is not at work, else ""."""
        state = self._watch.servers.get(server.server)
        return state.status if state and state.idle else ""

    def describe(self, server: TestServer) -> str:
        """Return what the cloud last showed of a server, for people."""
        state = self._watch.servers.get(server.server)
        if state is None:
            return f"{server.name} is not listed"
        doing = f", {state.task_state}" if state.task_state else ""
        fault = f": {state.fault}" if state.fault else ""
        return f"{server.name} is {state.status}{doing}{fault}"

    def wait_for_ports(self, servers: Sequence[TestServer], deadline: Deadline) -> bool:
        """Give the network time to report all ports up where their servers are; tell if it has."""
        wanted = {server.server for server in servers}

        def bound(watch: CloudWatch) -> bool:
            hosts = {identity: state.host for identity, state in watch.servers.items()}
            ports = [port for port in watch.ports.values() if port.server in wanted]
            # A server of which no port is listed is not one whose ports are up.
            return wanted <= {port.server for port in ports} and all(
                port.status == "ACTIVE" and port.host == hosts.get(port.server) for port in ports
            )

        try:
            self._watch.wait(bound, deadline)
        except WaitExpiredError:
            return False
        return True

    # --- reaching ----------------------------------------------------------------------------

    def give_addresses(self, servers: Sequence[TestServer] | None = None) -> None:
        """Give every server that has none the address it is reached at: floating, or fixed.

        :param servers: some of them; None: all
        :raises migration_tests.runner.stopping.Stop: when a server has no port with an address
        """
        for index, server in enumerate(self.all):
            if server.address or (servers is not None and server not in servers):
                continue
            ports = self._cloud.ports([server.server])
            if not ports or not ports[0].fixed_ips:
                raise cloud_stop(f"the server {server.name} has no port with an IP address")
            address = ports[0].fixed_ips[0]
            if self._settings.public_network:
                address = self._changes.create_floating_ip(
                    self._settings.public_network, ports[0].port
                ).address
            self.all[index] = dataclasses.replace(server, address=address)

    def log_in(
        self, servers: Iterable[TestServer], moment: str, deadline: Deadline
    ) -> dict[str, GuestShell]:
        """Log in to several servers at once and record how it went; return those that answer."""

        def attempt(server: TestServer) -> GuestShell | None:
            shell = GuestShell(server.address, self._settings.login)
            error, boot_id = "", None
            try:
                shell.connect(deadline)
                boot_id = shell.check(scripts.BOOT_ID, deadline).strip()
            except GuestError as failure:
                error = str(failure)
            self._record(
                SshAnswered(
                    server=server.server,
                    moment=moment,
                    address=server.address,
                    answered=not error,
                    error=error,
                    boot_id=boot_id,
                )
            )
            if error:
                shell.close()
                return None
            return shell

        return {
            server.server: shell
            for server, shell in at_once(attempt, servers)
            if shell is not None
        }

    # --- deleting ----------------------------------------------------------------------------

    def delete_all(self, deadline: Deadline) -> list[str]:
        """Delete everything that was made and return what could not be deleted.

        :return: one sentence for each failure; empty when all is gone
        """
        left = self._delete_copies(deadline) if self._changes.images else []
        left += self._changes.delete_servers()
        remaining = set(self._changes.servers)
        for _ in deadline.ticks(1.0):
            with contextlib.suppress(CloudError):
                listed = self._cloud.servers(f"{self._settings.prefix}-")
                remaining = {state.server for state in listed}
                if not remaining:
                    break
                # Its creation was asked for, and the answer got lost.
                for server in remaining - set(self._changes.servers):
                    left += self._changes.delete_server(server)
        left += [f"server {server} is still there" for server in sorted(remaining)]
        return left + self._changes.delete_others()


    def _delete_copies(self, deadline: Deadline) -> list[str]:
        """Delete the copies, then the images: their data are on those of the servers themselves.

        :return: one sentence for each failure
        """
        left: list[str] = []
        asked: set[str] = set()
        for _ in deadline.ticks(1.0):
            with contextlib.suppress(CloudError):
                listed = self._cloud.servers(f"{self._settings.prefix}-")
                copies = {one.server for one in listed if one.name.endswith(COPY)}
                if not copies:
                    break
                for server in copies - asked:
                    left += self._changes.delete_server(server)
                asked |= copies
        there: list[str] = []
        for _ in deadline.ticks(1.0):
            there = self._changes.delete_images()
            if not there:
                break
        return left + there


def _belongings(planned: PlannedServer, name: str) -> dict[str, Any]:
    """Return what a server has to lose: of each sort something that no other server has."""
    # An empty document to cloud-init, and no script to anything else.
    user_data = f"#cloud-config\n{{}}\n# migration-chaos: {name}\n"
    values: dict[str, Any] = {
        "metadata": {"migration-chaos": planned.name, "storage": planned.storage},
        "tags": ["migration-chaos", planned.name],
        "description": f"{planned.name} of a scenario of migration-chaos",
        "user_data": base64.b64encode(user_data.encode()).decode(),
    }
    if words.CONFIG_DRIVE in planned.given:
        values["config_drive"] = True
    if planned.zone:
        values["availability_zone"] = planned.zone
    return values


def at_once(
    work: Callable[[W], R], things: Iterable[W], workers: int = 8
) -> list[tuple[W, R]]:
    """Do the same with several things at the same time, with all; then raise the first failure."""
    todo = list(things)
    with ThreadPoolExecutor(max_workers=workers) as pool:
        # Not `map`: it gives up what has not begun when one has failed.
        futures = [pool.submit(work, thing) for thing in todo]
    return [(thing, future.result()) for thing, future in zip(todo, futures, strict=True)]
