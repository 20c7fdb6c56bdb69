# SPDX-License-Identifier: Apache-2.0
"""What hand-built records have in common in which servers are on a host that lives.

They are on compute1 and are to go to compute2, where a bystander is. May not know: which move.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from migration_tests.record import words
from migration_tests.record.events import (
    Expectation,
    HostInspected,
    PhaseStarted,
    PlannedPhase,
    PlannedServer,
    ScenarioFinished,
    ScenarioPlanned,
    ServerIntroduced,
)
from migration_tests.tests.unit import record_parts as parts
from migration_tests.tests.unit.healthy_record import allocation, ssh
from migration_tests.tests.unit.record_parts import (
    BYS,
    DESTINATION,
    SOURCE,
    Timed,
    snapshot,
)


def looks(moment: str) -> tuple[str, ...]:
    """What a look at servers through the API puts on the record."""
    return tuple(
        f"{kind}:{moment}"
        for kind in ("server.snapshot", "volume.snapshot", "allocation.snapshot")
    )


# How a scenario begins in which servers write before anything is done, and how it ends.
BEGINNING = {
    0.0: parts.phase("boot", "booting the servers", "server.ssh:before", "guest.metadata:before"),
    22.0: parts.phase(
        "watch_domains", "beginning to watch the domains of the hosts", "domains.seen"
    ),
    22.5: parts.phase(
        "start_writers",
        "getting the servers to write",
        *("disk.read:before", "writer.started", "writer.acknowledged", "probe.report"),
        *("writer.ended", "writer.ended:last"),
        *looks(words.BEFORE),
        *parts.FILLED_IN,
        "host.inspected:before",
    ),
}
ENDING = {
    86.0: parts.phase(
        "inspect_hosts",
        "looking at what is left behind",
        *("host.inspected:running", "host.inspected:disks"),
        recovery=True,
    ),
    90.0: parts.phase(
        "hard_reboot",
        "rebooting the servers the hard way",
        "guest.metadata:rebooted",
        *("server.request", "server.ssh:rebooted", "data.read:rebooted"),
        recovery=True,
    ),
}


@dataclass(frozen=True)
class LivingHost:
    """The scenario.

    :ivar phases: by the time they begin
    :ivar expected: server to what must become of it
    :ivar states: of those that do not run before
    """

    title: str
    phases: Mapping[float, PlannedPhase]
    expected: Mapping[str, tuple[Expectation, ...]]
    states: Mapping[str, str] = field(default_factory=dict)
    limits: Mapping[str, float] = field(default_factory=dict)

    def plan(self) -> ScenarioPlanned:
        """As it was planned."""
        servers = [
            PlannedServer(
                name=server,
                storage=parts.STORAGE[server],
                role=words.BYSTANDER if server == BYS else words.SUBJECT,
                host=DESTINATION if server == BYS else SOURCE,
                state=self.states.get(server, words.ACTIVE),
                expected=self.expected.get(server, ()),
            )
            for server in (*self.expected, BYS)
        ]
        return ScenarioPlanned(
            title=self.title,
            phases=tuple(self.phases.values()),
            servers=tuple(servers),
            sources=(SOURCE,),
            watched=("server.seen", "port.seen", "service.seen", "migration.seen"),
            hosts_looked_at=(SOURCE, DESTINATION),
            limits={"bystander_max_gap": 1.0, **self.limits},
            compute_version="2.95",
        )

    def introduced(self, server: str, host: str) -> ServerIntroduced:
        """A server, once it has an ID."""
        return ServerIntroduced(
            server=server,
            name=f"tempest-{server}",
            storage=parts.STORAGE[server],
            role=words.BYSTANDER if server == BYS else words.SUBJECT,
            host=host,
            state=self.states.get(server, words.ACTIVE),
            expected=self.expected.get(server, ()),
            zone=parts.zone(server),
            given=parts.GIVEN,
        )

    def events(self, last_look: tuple[float, str], more: Iterable[Timed]) -> list[Timed]:
        """All events in their order: the plan, the bystander, and more.

        :param last_look: when the bystander was looked at last, and the moment of that
        """
        t, moment = last_look
        events: list[Timed] = [
            (0, self.plan()),
            *(
                (begun, PhaseStarted(phase=one.name, title=one.doing))
                for begun, one in self.phases.items()
            ),
            (2, self.introduced(BYS, DESTINATION)),
            (21, ssh(BYS, words.BEFORE, 1)),
            (25, snapshot(BYS, words.BEFORE, DESTINATION)),
            (25, allocation(BYS, words.BEFORE, DESTINATION)),
            (t, snapshot(BYS, moment, DESTINATION)),
            (t, allocation(BYS, moment, DESTINATION)),
            *more,
            (100, ScenarioFinished(complete=True)),
        ]
        return list(parts.paused(sorted(events, key=lambda one: one[0])))


def inspected(host: str, moment: str, states: dict[str, str]) -> HostInspected:
    """A look at a host that has domains, each with its folder and its disk."""
    return HostInspected(
        host=host,
        moment=moment,
        domains=parts.domains(states),
        disks=(),
        marks=parts.marks(host, states),
        sources=tuple(parts.disk(server) for server in states),
    )
