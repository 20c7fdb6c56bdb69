# SPDX-License-Identifier: Apache-2.0
"""Events of a scenario's own course: what was planned, expected, begun, stopped.

With the plan on the record, judging needs no scenario: old run folders are judged again by newer
judges. May not know: what a phase does.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from migration_tests.record import words
from migration_tests.record.event import Event, Part


@dataclass(frozen=True, kw_only=True)
class PlannedPhase(Part):
    """A phase as planned: a step, or a recovery step, at its place."""

    name: str  # unique in the scenario: "live_migrate", "live_migrate_2"
    step: str  # the kind of step, "live_migrate"; judges refer to this
    doing: str  # to be read after "while": "evacuating the servers"
    interruptible: bool = True
    recovery: bool = False
    # What it puts on the record when all goes well: "data.read:running" (event kind and moment).
    produces: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Expectation(Part):
    """What the table of promises says of one server in one move."""

    move: str  # one of words.MOVES
    end: str  # status by the API after the move: ACTIVE, STOPPED, VERIFY, "ERROR"
    data: str  # KEPT, PRISTINE
    memory: str  # KEPT, LOST, NONE
    place: str  # ANOTHER_HOST, SAME_HOST, once it was decided about
    decision: str = ""  # CONFIRM, REVERT; "": the move waits for none
    flavor: str = words.KEPT  # KEPT, OTHER, once it was decided about
    refused: str = ""  # HTTP status with which the move must be refused, "" if it must not
    fails: str = ""  # status of the migration record if the move must be accepted and then fail
    gap_limit: str = ""  # name of the option that limits the gap; "": no limit

    @property
    def tried(self) -> bool:
        """Whether the move is to come to nothing: to be refused, or to fail."""
        return bool(self.refused or self.fails)

    @property
    def arrives(self) -> bool:
        """Whether the move is to be made, and it is the server itself that is moved."""
        return not self.tried and self.move != words.IMAGE


@dataclass(frozen=True, kw_only=True)
class PlannedServer(Part):
    """A server of the topology, with what must become of it; `expected` has one for each move."""

    nested = {"expected": Expectation}  # noqa: RUF012 - overrides a ClassVar
    name: str
    storage: str
    role: str
    host: str | None  # where it is asked to boot; None: anywhere
    state: str = words.ACTIVE  # before the first move
    expected: tuple[Expectation, ...] = ()
    targets: tuple[str, ...] = ()  # other hosts that a move of it may be asked to lead to
    zone: str | None = None  # availability zone it is asked for in; None: any
    other_zone: str | None = None  # the one that its copy is asked for in; None: it has none
    given: tuple[str, ...] = ()  # what not every server has: LOCK, CONFIG_DRIVE


@dataclass(frozen=True, kw_only=True)
class ScenarioPlanned(Event):
    """The scenario has found its place in the cloud; nothing has been asked for yet."""

    kind = "scenario.planned"
    nested = {"phases": PlannedPhase, "servers": PlannedServer}  # noqa: RUF012
    title: str  # a sentence: "compute1 loses its power, its servers are evacuated"
    phases: tuple[PlannedPhase, ...]
    servers: tuple[PlannedServer, ...]
    sources: tuple[str, ...]  # hosts that are disturbed, or that servers move away from
    watched: tuple[str, ...] = ()  # kinds of events that observers record all the time
    hosts_looked_at: tuple[str, ...] = ()  # hosts of the hosts file
    hosts_not_looked_at: tuple[str, ...] = ()  # compute hosts that it does not name
    limits: dict[str, float] = field(default_factory=dict)  # option name to its value
    compute_version: str = ""  # the compute API version that is used
    compute_offered: str = ""  # the newest that the cloud offers


@dataclass(frozen=True, kw_only=True)
class PhaseStarted(Event):
    """A phase begins; `certify` shows it as what happens now."""

    kind = "scenario.phase"
    unread = {"title": "shown to people while it runs"}  # noqa: RUF012
    phase: str  # the PlannedPhase's name
    title: str  # what happens now: "waiting for compute1 to be seen down"


@dataclass(frozen=True, kw_only=True)
class ScenarioSkipped(Event):
    """The scenario was not run because the cloud or the configuration does not allow it."""

    kind = "scenario.skipped"
    reason: str


@dataclass(frozen=True, kw_only=True)
class ScenarioStopped(Event):
    """The scenario can go no further; its recovery still runs.

    A recovery step that fails writes one too: the first counts as where the scenario stopped.
    """

    kind = "scenario.stopped"
    phase: str  # the PlannedPhase's name
    cause: str  # CLOUD: it did not do what it promises; HARNESS: our own failure
    reason: str  # a sentence: what was awaited, what was found


@dataclass(frozen=True, kw_only=True)
class ScenarioFinished(Event):
    """The last line of every scenario that was not ended by force, stopped ones included."""

    kind = "scenario.finished"
    complete: bool  # False when it stopped before its end


@dataclass(frozen=True, kw_only=True)
class WaitExpired(Event):
    """Something did not come within its time, and the scenario went on; judges say what it means.

    """

    kind = "wait.expired"
    awaited: str  # "the end of all evacuations"
    phase: str
    seconds: float | None = None


@dataclass(frozen=True, kw_only=True)
class CloudChange(Event):
    """A change of the cloud is about to be asked for, and how it is undone.

    Written before the request; what came of it is the next event about the same thing.
    """

    kind = "cloud.change"
    unread = {  # noqa: RUF012
        "change": "for whoever has to undo it",
        "undo": "for whoever has to undo it",
        "values": "for whoever has to undo it",
    }
    change: str  # "create server", "disable service"
    undo: str  # "delete server", "enable service"
    values: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class HarnessError(Event):
    """Something of ours failed (an observer, a probe, a client), and evidence is lost by it."""

    kind = "harness.error"
    unread = {"traceback": "for whoever mends it"}  # noqa: RUF012
    where: str  # "observers.probe"
    error: str  # type and message
    lost: tuple[str, ...] = ()  # kinds of events that are missing because of it
    server: str | None = None  # None: all servers of the scenario
    traceback: str = ""
