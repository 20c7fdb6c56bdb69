# SPDX-License-Identifier: Apache-2.0
"""What the steps of a scenario share while it runs: the cloud, the servers, the observers.

A step hands on to another only what stands here. May not know: any step, and their order.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence

from chaos.deadline import Deadline
from chaos.faults.contract import Fault
from chaos.guard import HostRule
from chaos.inventory import Host
from migration_tests.cloud.changes import Changes
from migration_tests.cloud.data import Answer
from migration_tests.cloud.errors import CloudError
from migration_tests.cloud.questions import Cloud
from migration_tests.guest.shell import GuestShell
from migration_tests.observers.disks import Disks
from migration_tests.observers.domains import DomainWatch
from migration_tests.observers.guests import Guests
from migration_tests.observers.hold import HoldWatch
from migration_tests.observers.hosts import HostInspector
from migration_tests.observers.probe import Probe
from migration_tests.observers.rescues import Rescues
from migration_tests.observers.servers import CloudWatch
from migration_tests.observers.snapshot import Snapshots
from migration_tests.observers.writers import Writers
from migration_tests.record import words
from migration_tests.record.event import Event
from migration_tests.record.events import (
    HarnessError,
    RequestMade,
    ScenarioPlanned,
    ServiceRequest,
    WaitExpired,
)
from migration_tests.record.history import History, Recorder
from migration_tests.runner.rules import rules
from migration_tests.runner.servers import TestServer, TestServers
from migration_tests.runner.settings import Settings, Times


class Context:
    """Everything a step works with.

    :ivar history: where all of it is recorded
    :ivar plan: the scenario as planned
    :ivar servers: the scenario's servers
    :ivar moved: those that have arrived in their last move
    :ivar stayed: those whose move was refused, as it is promised, on a host that then died
    :ivar shells: logins in servers, by server ID
    :ivar fault: what was injected and is not yet seen to be undone
    :ivar hold: watches a crashed host until it is recovered; None while there is none
    :ivar marked_down: the source's compute service was changed and is to be given back
    :ivar closed: hosts whose compute services were disabled and are to be enabled again
    :ivar images: server ID to the ID of the image that was made of it
    :ivar copies: server ID to the server that was booted from its image
    :ivar could_not: phase name to the reason why a step of the recovery could not do its work
    :ivar phase: name of the phase that runs
    """

    def __init__(
        self,
        name: str,
        history: History,
        *,
        cloud: Cloud,
        changes: Changes,
        settings: Settings,
        plan: ScenarioPlanned,
    ) -> None:
        self.name = name
        self.cloud = cloud
        self.changes = changes
        self.settings = settings
        self.plan = plan
        self.history = history
        self._record = self.recorder("scenario")
        self.watch = CloudWatch(
            cloud,
            f"{settings.servers.prefix}-",
            self.recorder("observers.servers"),
            settings.times.poll_interval,
        )
        changes.call_at_each(self.watch.enliven)
        self.servers = TestServers(cloud, changes, self.watch, settings.servers, self._record)
        self.snapshots = Snapshots(
            cloud,
            self.recorder("observers.snapshot"),
            lambda server: [
                one.migration for one in self.watch.migrations.values() if one.server == server
            ],
        )
        self.inspector = HostInspector(settings.commands, self.recorder("observers.hosts"))
        self.disks = Disks(self.recorder("observers.disks"))
        self.guests = Guests(self.recorder("observers.guests"))
        self.rescues = Rescues(self.recorder("observers.rescues"))
        self.writers = Writers(self.disks, self.recorder("observers.writers"))
        self.domains = DomainWatch(
            settings.inventory,
            settings.commands,
            lambda: self.servers.ids,
            settings.times.host_look_interval,
            self.recorder("observers.domains"),
        )
        self.rules: tuple[HostRule, ...] = rules(cloud, settings.allowed, lambda: self.servers.ids)
        self.moved: list[TestServer] = []
        self.stayed: list[TestServer] = []
        self.shells: dict[str, GuestShell] = {}
        self.probe: Probe | None = None
        self.fault: Fault | None = None
        self.hold: HoldWatch | None = None
        self.marked_down = False
        self.closed: list[str] = []
        self.images: dict[str, str] = {}
        self.copies: dict[str, TestServer] = {}
        self.could_not: dict[str, str] = {}
        self.phase = ""

    # --- the record --------------------------------------------------------------------------

    def recorder(self, source: str) -> Recorder:
        """Return what an observer of this scenario records with."""
        return self.history.recorder(self.name, source)

    def record(self, event: Event) -> None:
        """Record what a step did or saw."""
        self._record(event)

    def expired(self, awaited: str, seconds: float | None = None) -> None:
        """Record that something did not come in its time, and that the scenario goes on."""
        self._record(WaitExpired(awaited=awaited, phase=self.phase, seconds=seconds))

    def lost(
        self, where: str, error: str, *kinds: str, server: TestServer | None = None
    ) -> None:
        """Record that evidence is lost by a failure of our own."""
        self._record(
            HarnessError(
                where=where, error=error, lost=kinds, server=server.server if server else None
            )
        )

    # --- what most steps ask -----------------------------------------------------------------

    @property
    def times(self) -> Times:
        """How long each thing may take."""
        return self.settings.times

    @property
    def source(self) -> str:
        """The host that the servers leave."""
        return self.plan.sources[0]

    @property
    def source_host(self) -> Host:
        """The source as the hosts file has it.

        :raises chaos.errors.UnknownHost: when it does not name it
        """
        return self.settings.inventory.host(self.source)

    def name_hosts(self, names: Sequence[str | None]) -> list[Host]:
        """Return those of some hosts that the hosts file names, once each."""
        known = set(self.settings.inventory.names)
        return [
            self.settings.inventory.host(name)
            for name in dict.fromkeys(names)
            if name is not None and name in known
        ]

    def target(self, server: TestServer, which: str) -> str | None:
        """Return the name of the host that a move of a server is asked to lead to.

        :param which: one of ``words.TARGETS``
        :return: None when the scheduler chooses
        """
        state = self.watch.servers.get(server.server)
        here = state.host if state else None
        if which == words.SAME:
            return here
        if which == words.BACK:
            return server.host
        if which == words.UNKNOWN_HOST:
            return f"{self.settings.servers.prefix}-no-such-host"
        if which == words.NAMED:
            return next((host for host in server.targets if host != here), None)
        return None

    def ask_service(
        self, request: str, undo: str, *, host: str = "", **values: object
    ) -> bool:
        """Change a compute service, record the answer and return whether it took.

        One that does not come at all is lost evidence, and no reason to stop.

        :param request: the change in one word, for the record
        :param host: whose service it is; the source's if it is not said
        """
        host = host or self.source
        where = f"the compute service of {host}"
        service = self.watch.services.get(host)
        try:
            if service is None:
                raise CloudError(where, LookupError("it is not listed"))
            answer = self.changes.set_service(
                service.service, f"{request} {where}", undo, **values
            )
        except CloudError as error:
            self.lost("runner.context", f"{request}: {error}", ServiceRequest.kind)
            return False
        self._record(
            ServiceRequest(
                host=host,
                request=request,
                accepted=answer.accepted,
                http_status=answer.http_status,
                error=answer.error,
            )
        )
        return answer.accepted

    def ask_server(
        self, server: TestServer, request: str, ask: Callable[[str], Answer]
    ) -> bool:
        """Ask for something of a server that is no move, and record the answer, or its loss.

        :param request: what is asked for in one word, for the record
        :return: whether it was accepted, or may have been: what comes of it is to be seen
        """
        try:
            answer = ask(server.server)
        except CloudError as error:
            self.lost("runner.context", f"{request}: {error}", RequestMade.kind, server=server)
            return True
        self._record(
            RequestMade(
                server=server.server,
                request=request,
                accepted=answer.accepted,
                http_status=answer.http_status,
                error=answer.error,
            )
        )
        return answer.accepted

    def note_actions(self, servers: Sequence[TestServer]) -> None:
        """Record Nova's own account of what was done to servers, once it is complete."""
        deadline = Deadline.after(self.times.final_state)
        for server in servers:
            self.snapshots.actions(server.server, deadline)

    # --- the end -----------------------------------------------------------------------------

    def log_out(self) -> None:
        """Close all logins."""
        for shell in self.shells.values():
            shell.close()
        self.shells = {}

    def end_hold(self, seconds: float = 30.0) -> None:
        """End the watch on a crashed host, after one more look; harmless if there is none."""
        hold, self.hold = self.hold, None
        if hold is not None:
            hold.stop()
            hold.wait(seconds)

    def close(self) -> None:
        """End all observers; called last, whatever happened."""
        with contextlib.ExitStack() as stack:
            stack.callback(self.watch.stop)
            stack.callback(self.domains.stop)
            stack.callback(self.end_hold)
            if self.probe is not None:
                stack.callback(self.probe.end)
            stack.callback(self.log_out)
            stack.callback(self.writers.end, "the scenario is over")
