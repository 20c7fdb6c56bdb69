# SPDX-License-Identifier: Apache-2.0
"""The servers of a story: how they are made, reached and done away with.

May not know: what happens to them.
"""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar

from chaos.deadline import Deadline
from migration_tests.cloud.clients import Cloud, CloudError
from migration_tests.cloud.data import ServerState
from migration_tests.guest import scripts
from migration_tests.guest.shell import GuestError, GuestShell
from migration_tests.observers.servers import CloudWatch, WaitExpiredError
from migration_tests.record import words
from migration_tests.record.events import ServerIntroduced, SshAnswered
from migration_tests.record.history import Recorder
from migration_tests.stories.base import StoryStop
from migration_tests.stories.settings import ServerSettings

R = TypeVar("R")
W = TypeVar("W")

FAILED = frozenset({"ERROR"})


@dataclass(frozen=True)
class Actor:
    """One server of the story.

    :ivar storage: kind of its root disk, one of `words`
    :ivar role: `words.SUBJECT` or `words.BYSTANDER`
    :ivar host: where it was asked to boot; None leaves it to the scheduler
    :ivar address: where it answers, "" before that is known
    """

    server: str
    name: str
    storage: str
    role: str
    host: str | None = None
    address: str = ""


class Cast:
    """Makes servers and floating IPs and remembers them for their deletion.

    :param cloud: the cloud, asked with admin rights
    :param watch: sees all servers of the story
    """

    def __init__(
        self, cloud: Cloud, watch: CloudWatch, settings: ServerSettings, record: Recorder
    ) -> None:
        self.actors: list[Actor] = []
        self._cloud = cloud
        self._watch = watch
        self._settings = settings
        self._record = record
        self._made: list[str] = []
        self._floating_ips: list[str] = []

    @property
    def subjects(self) -> list[Actor]:
        """The servers on the host that is disturbed."""
        return [actor for actor in self.actors if actor.role == words.SUBJECT]

    @property
    def bystanders(self) -> list[Actor]:
        """The servers on other hosts."""
        return [actor for actor in self.actors if actor.role == words.BYSTANDER]

    # --- making ------------------------------------------------------------------------------

    def ask(self, storage: str, role: str, host: str | None) -> Actor:
        """Ask for a server; it becomes part of the story with `take`."""
        name = f"{self._settings.prefix}-{storage}-{role}-{len(self._made) + 1}"
        values: dict[str, Any] = {
            "name": name,
            "flavorRef": self._settings.flavors[storage],
            "networks": [{"uuid": self._settings.network}],
            "key_name": self._settings.key_name,
            "security_groups": [{"name": self._settings.security_group}],
        }
        if host:
            values["host"] = host
        if storage == words.VOLUME:
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
            values["block_device_mapping_v2"] = [disk]
        else:
            values["imageRef"] = self._settings.image
        server = self._cloud.create_server(**values)
        self._made.append(server)
        return Actor(server, name, storage, role, host)

    def placed(self, actor: Actor, deadline: Deadline) -> ServerState:
        """Wait until a server has a host or has failed, and return it.

        :raises StoryStop: when neither happens
        """

        def decided(watch: CloudWatch) -> ServerState | None:
            state = watch.servers.get(actor.server)
            if state and (state.status in FAILED or (state.host and state.status != "UNKNOWN")):
                return state
            return None

        try:
            return self._watch.wait(decided, deadline)
        except WaitExpiredError as error:
            state = self._watch.servers.get(actor.server)
            raise StoryStop(
                words.CLOUD,
                f"no host was chosen for the server {actor.name}: it is "
                f"{state.status if state else 'not listed'}",
            ) from error

    def take(self, actor: Actor) -> None:
        """Make a server part of the story: it is introduced and its changes are recorded."""
        self.actors.append(actor)
        self._watch.follow(actor.server)
        self._record(
            ServerIntroduced(
                server=actor.server,
                name=actor.name,
                storage=actor.storage,
                role=actor.role,
                host=actor.host,
            )
        )

    def drop(self, actor: Actor) -> None:
        """Delete a server that did not land where it is wanted."""
        self._cloud.delete_server(actor.server)

    def wait_active(self, deadline: Deadline) -> None:
        """Wait until all servers of the story are ACTIVE.

        :raises StoryStop: when one fails or the time is up
        """
        wanted = [actor.server for actor in self.actors]

        def ready(watch: CloudWatch) -> bool:
            states = [watch.servers.get(server) for server in wanted]
            for state in states:
                if state and state.status in FAILED:
                    raise StoryStop(
                        words.CLOUD, f"the server {state.name} did not boot: {state.fault}"
                    )
            return all(state and state.status == "ACTIVE" for state in states)

        try:
            self._watch.wait(ready, deadline)
        except WaitExpiredError as error:
            found = ", ".join(
                f"{actor.name} is {state.status if state else 'not listed'}"
                for actor in self.actors
                if (state := self._watch.servers.get(actor.server)) is None
                or state.status != "ACTIVE"
            )
            raise StoryStop(words.CLOUD, f"servers did not become ACTIVE: {found}") from error

    # --- reaching ----------------------------------------------------------------------------

    def give_addresses(self) -> None:
        """Give every server the address it is reached at: a floating IP, or its fixed one."""
        for index, actor in enumerate(self.actors):
            ports = self._cloud.ports(actor.server)
            if not ports or not ports[0].fixed_ips:
                raise StoryStop(words.CLOUD, f"the server {actor.name} has no port with an IP")
            address = ports[0].fixed_ips[0]
            if self._settings.public_network:
                identity, address = self._cloud.create_floating_ip(
                    self._settings.public_network, ports[0].port
                )
                self._floating_ips.append(identity)
            self.actors[index] = dataclasses.replace(actor, address=address)

    def log_in(
        self, actors: Iterable[Actor], moment: str, deadline: Deadline
    ) -> dict[str, GuestShell]:
        """Log in to several servers at once and record how it went; return those that answer."""

        def attempt(actor: Actor) -> GuestShell | None:
            shell = GuestShell(actor.address, self._settings.login)
            error, boot_id = "", None
            try:
                shell.connect(deadline)
                boot_id = shell.check(scripts.BOOT_ID, deadline).strip()
            except GuestError as failure:
                error = str(failure)
            self._record(
                SshAnswered(
                    server=actor.server,
                    moment=moment,
                    address=actor.address,
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
            actor.server: shell for actor, shell in at_once(attempt, actors) if shell is not None
        }

    # --- doing away --------------------------------------------------------------------------

    def delete_all(self, deadline: Deadline) -> list[str]:
        """Delete everything that was made and return what could not be deleted.

        :return: one sentence for each failure; empty when all is gone
        """
        left: list[str] = []
        for identity in self._floating_ips:
            with _noting(left):
                self._cloud.delete_floating_ip(identity)
        for server in self._made:
            with _noting(left):
                self._cloud.delete_server(server)
        remaining: set[str] = set(self._made)
        for _ in deadline.ticks(1.0):
            with contextlib.suppress(CloudError):
                listed = self._cloud.servers(self._settings.prefix)
                remaining = {state.server for state in listed} & set(self._made)
                if not remaining:
                    break
        left += [f"server {server} is still there" for server in sorted(remaining)]
        return left


@contextlib.contextmanager
def _noting(problems: list[str]) -> Any:
    try:
        yield
    except CloudError as error:
        problems.append(str(error))


def at_once(
    work: Callable[[W], R], things: Iterable[W], workers: int = 8
) -> list[tuple[W, R]]:
    """Do the same with several things at the same time; the first failure is raised."""
    todo = list(things)
    with ThreadPoolExecutor(max_workers=workers) as pool:
        return list(zip(todo, pool.map(work, todo), strict=True))
