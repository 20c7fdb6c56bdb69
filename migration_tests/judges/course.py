# SPDX-License-Identifier: Apache-2.0
"""The course of a scenario as its record shows it: what was planned, begun, stopped, lost.

May not know: servers, hosts, any judge.
"""

from __future__ import annotations

import datetime
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Generic, TypeVar

from migration_tests.judges.finding import NotProduced
from migration_tests.record import stamps, words
from migration_tests.record.event import Event
from migration_tests.record.events import (
    DisturbanceStarted,
    HarnessError,
    MoveRequested,
    PhaseStarted,
    PlannedPhase,
    ScenarioFinished,
    ScenarioPlanned,
    ScenarioSkipped,
    ScenarioStopped,
)
from migration_tests.record.history import UNREADABLE, Line

E = TypeVar("E", bound=Event)


@dataclass(frozen=True)
class Seen(Generic[E]):
    """An event and where it stands."""

    event: E
    line: int
    t: float  # seconds of the runner's monotonic clock


@dataclass(frozen=True)
class Loss:
    """Evidence that is missing by a failure of ours: which kinds, of whom, why, and where."""

    kinds: tuple[str, ...]
    server: str | None  # None: of all servers
    reason: str
    line: int


class Course:
    """All events of one scenario, and how it went.

    :param lines: lines of a history, of other scenarios too.
    :param scenario: the scenario to look at.
    """

    def __init__(self, lines: Iterable[Line], scenario: str) -> None:
        self.scenario = scenario
        self._lines = list(lines)  # of the whole run
        # By kind, and by kind and server: every judge asks for these, many times.
        self._by_kind: dict[Any, list[Seen[Any]]] = defaultdict(list)
        self._everywhere: dict[type[Event], list[Seen[Any]]] = {}
        self._producers: dict[tuple[tuple[str, ...], str | None], list[PlannedPhase]] = {}
        self._damaged: list[Line] = []
        self.unreadable: list[int] = []
        for line in self._lines:
            if line.kind == UNREADABLE:
                self.unreadable.append(line.number)
                if line.scenario == scenario:
                    self._damaged.append(line)
            elif line.event is not None and line.scenario == scenario:
                seen = Seen(line.event, line.number, line.t_mono)
                kind = type(line.event)
                self._by_kind[kind].append(seen)
                server = getattr(line.event, "server", None)
                if server is not None:
                    self._by_kind[kind, server].append(seen)

    def all(self, kind: type[E], /, **wanted: Any) -> list[Seen[E]]:
        """Return the events of a kind whose fields have the wanted values, in their order.

        A tuple or set as the wanted value means any of its elements.
        """
        found: list[Seen[E]] = self._by_kind[kind]
        if isinstance(wanted.get("server"), str):
            found = self._by_kind[kind, wanted.pop("server")]
        for name, value in wanted.items():
            if isinstance(value, tuple | frozenset):
                found = [seen for seen in found if getattr(seen.event, name) in value]
            else:
                found = [seen for seen in found if getattr(seen.event, name) == value]
        return list(found)

    def everywhere(self, kind: type[E]) -> list[Seen[E]]:
        """Return the events of a kind in all scenarios of the run, in their order.

        What is one thing in a scenario is the same thing in all others: an ID stands for nothing
        else.
        """
        if kind not in self._everywhere:
            self._everywhere[kind] = [
                Seen(line.event, line.number, line.t_mono)
                for line in self._lines
                if isinstance(line.event, kind)
            ]
        return self._everywhere[kind]

    def first(self, kind: type[E], /, what: str, **wanted: Any) -> Seen[E]:
        """Return the first such event; `what` names it if there is none (NotProduced)."""
        return self._one(kind, 0, what, wanted)

    def last(self, kind: type[E], /, what: str, **wanted: Any) -> Seen[E]:
        """Return the last such event; `what` names it if there is none (NotProduced)."""
        return self._one(kind, -1, what, wanted)

    def _one(self, kind: type[E], index: int, what: str, wanted: dict[str, Any]) -> Seen[E]:
        found = self.all(kind, **wanted)
        if not found:
            raise NotProduced(what, kind, moment=wanted.get("moment"))
        return found[index]

    def looks(self, kind: type[E], what: str, **wanted: Any) -> list[Seen[E]]:
        """Return all such looks after the disturbance or the moves, the last planned one included.

        :raises NotProduced: when there is none, or when the last one that was planned, and whose
            phase went to its end, is missing: an earlier look does not stand for it
        """
        found: list[Seen[Any]] = [
            seen
            for seen in self.all(kind, **wanted)
            if getattr(seen.event, "moment", "") != words.BEFORE
        ]
        due = self._last_moment(kind, reached=True)
        if due is not None and not any(seen.event.moment == due for seen in found):
            raise NotProduced(what, kind, moment=due)
        if not found:
            raise NotProduced(what, kind, moment=self._last_moment(kind, reached=False))
        return found

    def due(self, kind: type[Event], moment: str) -> bool:
        """Say whether a look at a moment is planned, in a phase that went to its end."""
        return any(self.ended(phase) for phase in self.producers((kind.kind,), moment))

    def last_look(self, kind: type[E], what: str, since: int = 0, **wanted: Any) -> Seen[E]:
        """Return the last such look that was not taken before; see `looks`.

        :param since: a line; what was looked at before it tells nothing
        """
        look = self.looks(kind, what, **wanted)[-1]
        if look.line < since:
            raise NotProduced(what, kind, moment=self._last_moment(kind, reached=False))
        return look

    def look_before(self, kind: type[E], what: str, **wanted: Any) -> Seen[E]:
        """Return the look that was taken before anything was disturbed or moved.

        :raises NotProduced: when there is none, or when one that says so was taken later
        """
        look = self.last(kind, what, moment=words.BEFORE, **wanted)
        if look.line > self._touched:
            raise NotProduced(what, kind, moment=words.BEFORE)
        return look

    @cached_property
    def _touched(self) -> float:
        """The line by which the first host was disturbed or the first move was asked for."""
        seen: list[Seen[Any]] = [*self.all(DisturbanceStarted), *self.all(MoveRequested)]
        return min((one.line for one in seen), default=float("inf"))

    def t_of(self, stamp: datetime.datetime) -> float:
        """Return a time of the wall clock on the monotonic clock of the record, in seconds."""
        wall, mono = self._clocks
        return mono + (stamp - wall).total_seconds()

    @cached_property
    def _clocks(self) -> tuple[datetime.datetime, float]:
        """One moment on both clocks: that of the first event of the scenario."""
        line = next(line for line in self._lines if line.scenario == self.scenario and line.event)
        return stamps.parse(line.t_wall), line.t_mono

    # --- what was planned ----------------------------------------------------------------------

    @cached_property
    def plan(self) -> ScenarioPlanned | None:
        """The plan; the last one counts, as the first of an old record says little."""
        plans = self.all(ScenarioPlanned)
        return plans[-1].event if plans else None

    @cached_property
    def phases(self) -> tuple[PlannedPhase, ...]:
        """The planned phases, in their order."""
        return self.plan.phases if self.plan else ()

    def producers(self, kinds: Sequence[str], moment: str | None) -> list[PlannedPhase]:
        """Return the phases that put events of these kinds on the record, by the plan."""
        key = (tuple(kinds), moment)
        if key not in self._producers:
            found = [phase for phase in self.phases if _produces(phase, kinds, moment)]
            self._producers[key] = found
        return self._producers[key]

    def planned(self, evidence: str) -> bool:
        """Say whether evidence is planned: ``data.read:running`` in a phase, or a watched kind."""
        return self.plan is not None and planned(self.plan, evidence)

    def _last_moment(self, kind: type[Event], *, reached: bool) -> str | None:
        """The moment of the last planned look of a kind (of a phase that went to its end)."""
        after = [f"{kind.kind}:{moment}" for moment in words.MOMENTS if moment != words.BEFORE]
        for phase in reversed(self.phases):
            found = [produced for produced in phase.produces if produced in after]
            if found and (not reached or self.ended(phase)):
                return found[-1].partition(":")[2]
        return None

    # --- how it went ---------------------------------------------------------------------------

    @cached_property
    def skipped(self) -> Seen[ScenarioSkipped] | None:
        """Why the scenario was not run. Once anything was disturbed or moved, it was."""
        skips = self.all(ScenarioSkipped)
        return skips[-1] if skips and self._touched == float("inf") else None

    @cached_property
    def stopped(self) -> Seen[ScenarioStopped] | None:
        """Where the scenario stopped before its end; the first such place counts."""
        stops = self.all(ScenarioStopped)
        return stops[0] if stops else None

    @cached_property
    def finished(self) -> bool:
        """Whether the record has its end."""
        return bool(self.all(ScenarioFinished))

    @cached_property
    def cut_off(self) -> str | None:
        """What was being done last, if the record has no end at all: its process died."""
        if self.finished or self.all(ScenarioSkipped):
            return None
        begun = self.all(PhaseStarted)
        return self.doing(begun[-1].event.phase) if begun else "it had hardly begun"

    def doing(self, phase: str) -> str:
        """What a phase does, for people: to be read after "while"."""
        for planned_phase in self.phases:
            if planned_phase.name == phase:
                return planned_phase.doing
        return f"it was in its phase {phase}"

    def step_of(self, stop: Seen[ScenarioStopped]) -> str:
        """The kind of step that a stop happened in."""
        for phase in self.phases:
            if phase.name == stop.event.phase:
                return phase.step
        return stop.event.phase

    def begun(self, phase: PlannedPhase) -> Seen[PhaseStarted] | None:
        """Where a phase began, if it did."""
        found = self.all(PhaseStarted, phase=phase.name)
        return found[-1] if found else None

    def stop_in(self, phase: PlannedPhase) -> Seen[ScenarioStopped] | None:
        """Where a phase stopped, if it did."""
        found = self.all(ScenarioStopped, phase=phase.name)
        return found[0] if found else None

    def ended(self, phase: PlannedPhase) -> bool:
        """Whether a phase was begun and went to its end."""
        begun = self.begun(phase)
        if begun is None or self.stop_in(phase):
            return False
        later = any(seen.line > begun.line for seen in self.all(PhaseStarted))
        return later or self.finished

    def end_of(self, phase: PlannedPhase) -> float:
        """Return when the phase after a phase began; infinity if none did."""
        begun = self.begun(phase)
        later = [seen.t for seen in self.all(PhaseStarted) if begun and seen.line > begun.line]
        return min(later, default=float("inf"))

    def waited(self, step: str) -> bool:
        """Whether a step had all its time: what is not there by then, never came.

        Not so when the record breaks off in it, or when the harness failed in it.
        """
        phases = [phase for phase in self.phases if phase.step == step]
        if not phases:
            return False
        stop = self.stop_in(phases[-1])
        if stop:
            return stop.event.cause == words.CLOUD
        begun = self.begun(phases[-1])
        if begun is None or not self.ended(phases[-1]):
            return False
        if any(seen.line > begun.line for seen in self.all(PhaseStarted)):
            return True
        return not any(seen.line > begun.line for seen in self.all(HarnessError))

    def by_line(self) -> dict[int, Seen[Event]]:
        """Return every event by its line, the plan apart: no verdict rests on a plan."""
        return {
            seen.line: seen
            for kind, found in self._by_kind.items()
            if isinstance(kind, type) and kind is not ScenarioPlanned
            for seen in found
        }

    # --- what was lost -------------------------------------------------------------------------

    @cached_property
    def losses(self) -> list[Loss]:
        """Failures of ours by which evidence is missing: told of by whoever failed, or damaged."""
        told = [
            Loss(
                seen.event.lost,
                seen.event.server,
                f"{seen.event.where} failed: {seen.event.error}",
                seen.line,
            )
            for seen in self.all(HarnessError)
        ]
        return [*told, *self._damages]

    @cached_property
    def _damages(self) -> list[Loss]:
        """The lines that are no event any more, though they were to be one of this scenario."""
        return [
            Loss(
                (str(line.data["kind"]),),
                line.data["server"]
                if isinstance(line.data["server"], str) and line.data["server"]
                else None,
                f"line {line.number} of the history is damaged: {line.data['problem']}",
                line.number,
            )
            for line in self._damaged
        ]

    def damage(self, kinds: Sequence[str], server: str | None) -> Loss | None:
        """Return a damaged line of one of these kinds, if there is one; see `lost`."""
        return _concerning(self._damages, kinds, server)

    def lost(self, kinds: Sequence[str], server: str | None) -> Loss | None:
        """Return the failure of ours by which events of these kinds are missing, if any."""
        return _concerning(self.losses, kinds, server)


def _concerning(losses: Iterable[Loss], kinds: Sequence[str], server: str | None) -> Loss | None:
    for loss in losses:
        concerns = loss.server is None or server is None or loss.server == server
        if concerns and set(kinds) & set(loss.kinds):
            return loss
    return None


def planned(plan: ScenarioPlanned, evidence: str) -> bool:
    """Say whether a plan brings some evidence: "kind:moment", or a kind at any moment."""
    kind, _, moment = evidence.partition(":")
    if not moment and kind in plan.watched:
        return True
    return any(_produces(phase, (kind,), moment or None) for phase in plan.phases)


def scenarios(lines: Iterable[Line]) -> list[str]:
    """Return the names of the scenarios in a history, in the order they first appear."""
    return list(dict.fromkeys(line.scenario for line in lines if line.scenario is not None))


def _produces(phase: PlannedPhase, kinds: Sequence[str], moment: str | None) -> bool:
    for produced in phase.produces:
        kind, _, produced_moment = produced.partition(":")
        if kind in kinds and moment in (None, produced_moment):
            return True
    return False
