# SPDX-License-Identifier: Apache-2.0
"""A scenario as data: who is there, what is done, what is done afterwards whatever happened.

May not know: any scenario, any step; how it is run (`loop`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from migration_tests.promises import expectation
from migration_tests.record import words
from migration_tests.record.events import Expectation, PlannedPhase, PlannedServer
from migration_tests.runner.facts import Facts
from migration_tests.runner.step import Step
from migration_tests.runner.topology import Topology

# What the watch on the cloud records all the time, whatever the steps are.
WATCHED = ("server.seen", "port.seen", "service.seen", "migration.seen")


@dataclass(frozen=True)
class Phase:
    """A step at its place in a scenario.

    :ivar name: unique in the scenario, as it stands on the record
    """

    name: str
    step: Step
    recovery: bool

    def planned(self) -> PlannedPhase:
        """Return it as it stands on the record."""
        return PlannedPhase(
            name=self.name,
            step=self.step.name,
            doing=self.step.doing,
            interruptible=self.step.interruptible and not self.recovery,
            recovery=self.recovery,
            produces=self.step.produces(),
        )


@dataclass(frozen=True)
class Scenario:
    """One scenario.

    :param name: as it stands in the history and in verdicts
    :param title: a sentence; ``{source}`` stands for the source host's name
    :param steps: what is done, in this order, until one can go no further
    :param recovery: what is done afterwards; each runs whatever became of those before it
    :param budget: seconds that it takes on a cloud that has nothing else to do
    :param profile: the smallest profile that it belongs to, one of ``words.PROFILES``
    :param expect: where the scenario departs from the table of promises, by the name of the field
    """

    name: str
    title: str
    topology: Topology
    steps: tuple[Step, ...]
    recovery: tuple[Step, ...] = ()
    expect: Mapping[str, str] = field(default_factory=dict)
    budget: int = 0
    profile: str = words.FULL

    @property
    def phases(self) -> tuple[Phase, ...]:
        """All steps and recovery steps with their names; a name that comes again is numbered."""
        seen: Counter[str] = Counter()
        found = []
        for recovery, steps in ((False, self.steps), (True, self.recovery)):
            for step in steps:
                name = step.phase
                seen[name] += 1
                if seen[name] > 1:
                    name = f"{name}_{seen[name]}"
                found.append(Phase(name, step, recovery))
        return tuple(found)

    @property
    def disturbs(self) -> bool:
        """Whether a host is harmed."""
        return any(step.death for step in self.steps)

    @property
    def copies(self) -> bool:
        """Whether copies of the subjects are booted in another zone."""
        return any(step.copies for step in self.steps)

    @property
    def moves(self) -> tuple[tuple[Step, str], ...]:
        """The steps that move the subjects, in their order, and what is then decided."""
        found: list[tuple[Step, str]] = []
        for step in self.steps:
            if step.move:
                found.append((step, ""))
            elif step.decision:
                found[-1] = (found[-1][0], step.decision)
        return tuple(found)

    def expected(self, storage: str, state: str, api: str) -> tuple[Expectation, ...]:
        """Return what is promised of a subject in each of its moves.

        A server that an evacuation leaves stopped is started before the next move.

        :raises migration_tests.promises.NoPromiseError: when the table says nothing of it
        """
        found = []
        for step, decision in self.moves:
            departures = step.departs(storage)
            if departures is None:
                continue
            departures = {**departures, **self.expect}
            row = decision
            tried = departures.get("refused") or departures.get("fails")
            if tried and step.move in words.WAITING_MOVES:
                # It never comes to a decision: any row tells what it begins with.
                row, departures["decision"] = words.CONFIRM, ""
            one = expectation(step.move, storage, state, api, departures, decision=row)
            found.append(one)
            if step.move == words.EVACUATION and not one.refused:
                state = one.end if one.fails else words.ACTIVE
        return tuple(found)

    def left_out(self, storage: str, api: str, facts: Facts | None = None) -> str:
        """Return why servers on a kind of storage take no part, as a clause; "" if they do.

        :param facts: of the cloud; None: it is one that has everything
        """
        reasons = (step.leaves_out(storage, api, facts) for step in self.steps)
        return next((reason for reason in reasons if reason), "")

    def planned_servers(
        self,
        api: str,
        sources: Mapping[str, str] | None = None,
        elsewhere: str | None = None,
        takers: Mapping[str, tuple[str, ...]] | None = None,
        zones: Mapping[str, str] | None = None,
        *,
        other_zones: Mapping[str, str] | None = None,
    ) -> tuple[PlannedServer, ...]:
        """Return all servers with what is expected of them.

        :param sources: kind of storage to the host of its subjects
        :param elsewhere: host of the bystanders
        :param takers: kind of storage to the usable hosts that take its servers
        :param zones: kind of storage to the availability zone its subjects are asked for in
        :param other_zones: kind of storage to the one that their copies are asked for in
        """
        sources = sources or {}
        servers = [
            PlannedServer(
                name=f"{subject.storage}-{words.SUBJECT}-{number}",
                storage=subject.storage,
                role=words.SUBJECT,
                host=sources.get(subject.storage),
                state=subject.state,
                expected=self.expected(subject.storage, subject.state, api),
                targets=tuple(
                    host
                    for host in (takers or {}).get(subject.storage, ())
                    if host != sources.get(subject.storage)
                ),
                zone=(zones or {}).get(subject.storage),
                given=subject.given,
                other_zone=(other_zones or {}).get(subject.storage),
            )
            for number, subject in enumerate(self.topology.servers, 1)
            if not self.left_out(subject.storage, api)
        ]
        first = self.topology.storages[0]
        for _ in range(self.topology.bystanders):
            servers.append(
                PlannedServer(
                    name=f"{first}-{words.BYSTANDER}-{len(servers) + 1}",
                    storage=first,
                    role=words.BYSTANDER,
                    host=elsewhere,
                )
            )
        return tuple(servers)
