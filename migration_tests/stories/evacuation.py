# SPDX-License-Identifier: Apache-2.0
"""The story of a host that dies: its servers are evacuated, it comes back, it is given back.

Boot, write, watch, cut the host off, mark it down, evacuate, start, look at the data; how the
host is brought back stands in `give_back`. May not know: how the fault is done (`chaos`), what is
concluded (`judges`).
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence

from chaos.deadline import Deadline
from chaos.faults.power_off import PowerOff
from chaos.guard import Guard
from chaos.inventory import Host
from migration_tests.cloud.clients import Cloud, CloudError
from migration_tests.cloud.data import ARRIVED, FAILED_MIGRATION
from migration_tests.guest.shell import GuestShell
from migration_tests.observers.probe import Probe
from migration_tests.observers.servers import CloudWatch, WaitExpiredError
from migration_tests.observers.snapshot import Snapshots
from migration_tests.observers.source_host import HostInspector
from migration_tests.record import words
from migration_tests.record.events import (
    MigrationSeen,
    RequestMade,
    ServiceRequest,
)
from migration_tests.record.history import History
from migration_tests.record.story_events import HarnessError, StoryStarted
from migration_tests.stories import kill
from migration_tests.stories.base import Story, StorySkip, StoryStop
from migration_tests.stories.cast import Actor, Cast, at_once
from migration_tests.stories.casting import Casting
from migration_tests.stories.disks import Disks
from migration_tests.stories.give_back import GiveBack
from migration_tests.stories.rules import rules
from migration_tests.stories.settings import Settings
from migration_tests.stories.writing import Writing, probe_targets

WORDS_FOR_VIA = {"ipmi": "over IPMI", "ssh": "over SSH"}


class EvacuationStory(Story):
    """A host with servers loses its power.

    :param kinds: kinds of storage of the servers on it; the first decides which host it is
    :param via: how the host is switched off, ``ipmi`` or ``ssh``
    """

    def __init__(
        self,
        name: str,
        history: History,
        cloud: Cloud,
        settings: Settings,
        *,
        kinds: Sequence[str],
        via: str,
    ) -> None:
        super().__init__(name, history)
        self.cloud = cloud
        self.settings = settings
        self.kinds = [kind for kind in kinds if kind in settings.servers.flavors]
        self.via = via
        self.watch = CloudWatch(
            cloud,
            settings.servers.prefix,
            self.recorder("observers.servers"),
            settings.times.poll_interval,
        )
        self.cast = Cast(cloud, self.watch, settings.servers, self.record)
        self.snapshots = Snapshots(cloud, self.recorder("observers.snapshot"))
        self.inspector = HostInspector(settings.commands, self.recorder("observers.source_host"))
        self.disks = Disks(self.recorder("observers.data"))
        self.writing = Writing(self.disks, self.recorder)
        self.rules = rules(
            cloud, settings.allowed, lambda: {actor.server for actor in self.cast.actors}
        )
        self.source: Host | None = None
        self.fault: PowerOff | None = None
        self.marked_down = False
        self._shells: dict[str, GuestShell] = {}
        self._probe: Probe | None = None

    # --- the course --------------------------------------------------------------------------

    def play(self) -> None:
        """Tell everything up to the return of the host."""
        if not self.kinds:
            raise StorySkip("none of the story's kinds of storage is to be tested")
        source = self._prepare()
        self._write(source)
        self._kill(source)
        self._service_down(source)
        arrived = self._evacuate(source)
        running = self._start(arrived)
        self._check(running)

    def heal(self) -> None:
        """Bring the host back and look at what is left."""
        if self.source is not None and self.fault is not None:
            GiveBack(self, self.source, self.fault).do()

    def close(self) -> None:
        """End writers, probe and watch; never raises."""
        self.writing.end("the story is over")
        for shell in self._shells.values():
            shell.close()
        if self._probe is not None:
            self._probe.end()
        self.watch.stop()

    def delete_resources(self) -> None:
        """Delete all servers and addresses of the story, once the host is back.

        :raises StoryStop: when something is left
        """
        left = self.cast.delete_all(Deadline.after(self.settings.times.server_boot))
        if left:
            raise StoryStop(words.CLOUD, "not everything was deleted: " + "; ".join(left))

    # --- phases ------------------------------------------------------------------------------

    def _prepare(self) -> Host:
        self.begin(words.PREPARE, f"booting servers on {' and '.join(self.kinds)} storage")
        deadline = Deadline.after(self.settings.times.server_boot)
        self.watch.start()
        casting = Casting(
            self.cloud,
            self.cast,
            self.settings.inventory,
            self.rules,
            self.kinds,
        )
        source = casting.fill(deadline)
        self.record(
            StoryStarted(
                title=f"{source.name} loses its power {WORDS_FOR_VIA[self.via]}, "
                "its servers are evacuated",
                host=source.name,
                fault=PowerOff.kind,
                via=self.via,
            )
        )
        self.source = source
        self.cast.wait_active(deadline)
        self.cast.give_addresses()
        login = Deadline.after(self.settings.times.server_boot)
        self._shells = self.cast.log_in(self.cast.actors, words.BEFORE, login)
        silent = [actor for actor in self.cast.actors if actor.server not in self._shells]
        if silent:
            names = ", ".join(actor.name for actor in silent)
            raise StoryStop(words.CLOUD, f"servers do not answer over SSH: {names}")
        return source

    def _write(self, source: Host) -> None:
        self.begin(words.WRITE, f"servers on {source.name} write and are watched")
        times = self.settings.times
        deadline = Deadline.after(times.server_boot)
        self.writing.begin(self.cast.subjects, self._shells, times.write_interval, deadline)
        targets = probe_targets(self.cast.actors, times)
        self._probe = Probe(targets, self.recorder("observers.probe"))
        deadline.pause(times.write)
        self.writing.wait_for_first(deadline)
        self._wait_for_ports(self.cast.actors, words.BEFORE)
        for actor in self.cast.actors:
            self.snapshots.take(actor.server, words.BEFORE)
        self.inspector.boot_id(source, words.BEFORE, deadline)
        self.inspector.look(
            source, [actor.server for actor in self.cast.actors], words.BEFORE, deadline
        )

    def _kill(self, source: Host) -> None:
        self.begin(words.KILL, f"{source.name} loses its power {WORDS_FOR_VIA[self.via]}")
        fault = PowerOff(
            source,
            self.via,
            run=self.settings.run,
            deadline=Deadline.after(self.settings.times.kill),
            on_event=self.recorder("chaos").note,
            # Asked again: somebody's server may have come meanwhile.
            guard=Guard(further=self.rules),
            confirm_within=self.settings.times.kill,
        )
        try:
            kill.inject(fault)
        finally:
            # From the injection on there is something to undo, whatever else went wrong.
            if fault.t_injected is not None:
                self.fault = fault
        self.writing.end(f"{source.name} lost its power")
        kill.tell(fault, self.record)

    def _service_down(self, source: Host) -> None:
        self.begin(words.SERVICE_DOWN, f"the cloud comes to see {source.name} down")
        deadline = Deadline.after(self.settings.times.service_down)
        if self.settings.force_down:
            # Known before it is asked for: whatever becomes of the answer, it is to be undone.
            self.marked_down = True
            reason = "host failure test: the host is dead"
            # Down first: the API passes a disabling on to a compute service that it thinks is up,
            # and waits a minute for the dead one's answer.
            self.ask_service(source.name, "force_down", forced_down=True)
            self.ask_service(source.name, "disable", status="disabled", disabled_reason=reason)

        def down(watch: CloudWatch) -> bool:
            service = watch.services.get(source.name)
            return service is not None and service.state == "down"

        try:
            self.watch.wait(down, deadline)
        except WaitExpiredError as error:
            raise StoryStop(
                words.CLOUD,
                f"the compute service of {source.name} is not seen down after "
                f"{self.settings.times.service_down:g} s",
            ) from error

    def ask_service(self, host: str, request: str, **values: object) -> bool:
        """Change the compute service of a host, record the answer and return whether it took.

        :param request: the change in one word, for the record
        """
        service = self.watch.services[host]
        answer = self.cloud.set_service(service.service, **values)
        self.record(
            ServiceRequest(
                host=host,
                request=request,
                accepted=answer.accepted,
                http_status=answer.http_status,
                error=answer.error,
            )
        )
        return answer.accepted

    def _evacuate(self, source: Host) -> list[Actor]:
        self.begin(words.EVACUATE, f"evacuating {len(self.cast.subjects)} servers")
        deadline = Deadline.after(self.settings.times.evacuation)
        asked = [actor for actor in self.cast.subjects if self._request("evacuate", actor)]
        if not asked:
            raise StoryStop(words.CLOUD, "the cloud refused to evacuate any server")

        def ended(watch: CloudWatch) -> bool:
            return all(self._ended(watch, actor) for actor in asked)

        try:
            self.watch.wait(ended, deadline)
        except WaitExpiredError:
            self.record.note("story.expired", {"awaited": "the end of all evacuations"})
        for actor in asked:
            self._record_actions(actor)
            self.snapshots.take(actor.server, words.EVACUATED)
        arrived = [actor for actor in asked if self._migration_status(actor) in ARRIVED]
        if not arrived:
            raise StoryStop(words.CLOUD, f"no server arrived from {source.name}")
        return arrived

    def _request(self, request: str, actor: Actor) -> bool:
        ask = self.cloud.evacuate if request == "evacuate" else self.cloud.start
        answer = ask(actor.server)
        self.record(
            RequestMade(
                server=actor.server,
                request=request,
                accepted=answer.accepted,
                http_status=answer.http_status,
                error=answer.error,
            )
        )
        return answer.accepted

    def migration(self, actor: Actor) -> MigrationSeen | None:
        """Return the newest evacuation record of a server."""
        found = [one for one in self.watch.migrations.values() if one.server == actor.server]
        return max(found, key=lambda one: one.created_at or "", default=None)

    def _migration_status(self, actor: Actor) -> str:
        found = self.migration(actor)
        return found.status if found else ""

    def _ended(self, watch: CloudWatch, actor: Actor) -> bool:
        """Evacuated is what the migration record says so; the server's own state may lag."""
        if self._migration_status(actor) not in ARRIVED | FAILED_MIGRATION:
            return False
        state = watch.servers.get(actor.server)
        return state is not None and state.settled

    def _record_actions(self, actor: Actor) -> None:
        try:
            for action in self.cloud.actions(actor.server):
                if action.action in {"evacuate", "start"}:
                    self.record(action)
        except CloudError as error:
            lost = HarnessError(
                where="story", error=str(error), lost=("server.action",), server=actor.server
            )
            self.record(lost)

    def _start(self, arrived: Sequence[Actor]) -> list[Actor]:
        self.begin(words.START, "starting the evacuated servers")
        deadline = Deadline.after(self.settings.times.server_boot)
        coming = [actor for actor in arrived if self._starts(actor)]

        def states(watch: CloudWatch) -> list[str]:
            found = [watch.servers.get(actor.server) for actor in coming]
            return [state.status if state and state.settled else "" for state in found]

        try:
            self.watch.wait(lambda watch: set(states(watch)) <= {"ACTIVE", "ERROR"}, deadline)
        except WaitExpiredError:
            self.record.note("story.expired", {"awaited": "all evacuated servers ACTIVE"})
        running = [
            actor
            for actor, status in zip(coming, states(self.watch), strict=True)
            if status == "ACTIVE"
        ]
        if not running:
            raise StoryStop(words.CLOUD, "no evacuated server runs")
        return running

    def _starts(self, actor: Actor) -> bool:
        """Start a server that was left stopped; return whether it is to be expected ACTIVE."""
        state = self.watch.servers.get(actor.server)
        stopped = state is not None and state.status == "SHUTOFF"
        return not stopped or self._request("start", actor)

    def _check(self, running: Sequence[Actor]) -> None:
        self.begin(words.CHECK, "logging in to the evacuated servers and reading their disks")
        deadline = Deadline.after(self.settings.times.server_boot)
        for shell in self._shells.values():
            shell.close()
        self._shells = self.cast.log_in(running, words.STARTED, deadline)
        reading = Deadline.after(self.settings.times.server_boot)
        self.read_disks(running, words.STARTED, reading)
        self._wait_for_ports(running, words.STARTED)
        for actor in running:
            self.snapshots.take(actor.server, words.STARTED)

    # --- what both halves of the story need --------------------------------------------------

    def read_disks(self, actors: Iterable[Actor], moment: str, deadline: Deadline) -> None:
        """Read back what the servers wrote, of those that answer."""
        reachable = [actor for actor in actors if actor.server in self._shells]
        resume = moment == words.STARTED
        at_once(
            lambda actor: self.disks.after(
                actor, self._shells[actor.server], moment, deadline, resume=resume
            ),
            reachable,
        )

    def _wait_for_ports(self, actors: Sequence[Actor], moment: str) -> None:
        """Give the network time to report; the snapshot afterwards says what came of it."""

        wanted = {actor.server for actor in actors}

        def bound(watch: CloudWatch) -> bool:
            hosts = {identity: state.host for identity, state in watch.servers.items()}
            return all(
                port.status == "ACTIVE" and port.host == hosts.get(port.server)
                for port in watch.ports.values()
                if port.server in wanted
            )

        began = time.monotonic()
        try:
            self.watch.wait(bound, Deadline.after(self.settings.times.settle))
        except WaitExpiredError:
            took = round(time.monotonic() - began, 1)
            self.record.note("story.expired", {"awaited": "ports", "at": moment, "seconds": took})
