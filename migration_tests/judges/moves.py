# SPDX-License-Identifier: Apache-2.0
"""Moves and disturbances, put together from what the record has of each.

A judge asks for the moves of a server, never for "the evacuation". Pure. May not know: any judge.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from migration_tests.judges.course import Course, Seen
from migration_tests.record import words
from migration_tests.record.events import (
    DisturbanceEnded,
    DisturbanceStarted,
    Expectation,
    MigrationSeen,
    MoveRequested,
    ServerIntroduced,
    ServerSeen,
)


@dataclass(frozen=True)
class Move:
    """One planned move of a server, and what became of it.

    :ivar number: its place among the moves of the server, from 0
    :ivar request: the last request for it; None if the record has none
    :ivar records: what was seen of its migration record, in order
    """

    expected: Expectation
    server: str
    number: int
    request: Seen[MoveRequested] | None
    records: tuple[Seen[MigrationSeen], ...]

    @property
    def kind(self) -> str:
        """One of `words.MOVES`."""
        return self.expected.move

    @property
    def arrival(self) -> Seen[MigrationSeen] | None:
        """The first look that says the server has arrived."""
        return next((r for r in self.records if r.event.status in words.ARRIVED), None)

    @property
    def last(self) -> Seen[MigrationSeen] | None:
        """The last look at its migration record."""
        return self.records[-1] if self.records else None

    @property
    def status(self) -> str | None:
        """What its migration record says at the end; None without a record."""
        return self.last.event.status if self.last else None

    @property
    def source(self) -> str | None:
        """The host it left, as its migration record says at the end."""
        return self.last.event.source if self.last else None

    @property
    def destination(self) -> str | None:
        """The host it went to, as its migration record says at the end."""
        return self.last.event.destination if self.last else None

    @property
    def decided(self) -> Seen[MigrationSeen] | None:
        """The first look that says that what was to be decided about the move was."""
        if not self.expected.decision:
            return None
        final = words.DECISIONS[self.expected.decision][1]
        return next((r for r in self.records if r.event.status == final), None)

    def host(self, line: int | None = None) -> str | None:
        """Return where the server is, by its migration record, after a line or at the end."""
        decided = self.decided
        if decided is None or self.expected.decision == words.CONFIRM:
            return self.destination
        return self.source if line is None or decided.line < line else self.destination

    def waits(self, line: int) -> bool:
        """Whether at a line it waits for a decision, or for its end."""
        if not self.expected.decision or self.arrival is None or line < self.arrival.line:
            return False
        return self.decided is None or line < self.decided.line

    @property
    def t_start(self) -> float | None:
        """When it was asked for; seconds of the monotonic clock."""
        if self.request:
            return self.request.t
        return self.records[0].t if self.records else None

    @property
    def t_end(self) -> float | None:
        """When it was seen to have ended, well or ill; None if it never was."""
        ends = words.ARRIVED | words.FAILED_MIGRATION
        return next((r.t for r in self.records if r.event.status in ends), None)

    @property
    def contradiction(self) -> str:
        """Why the looks at its migration record cannot all be of one move, or nothing."""
        for former, later in pairwise(self.records):
            if former.event.type != later.event.type:
                return f"its kind changes from {former.event.type} to {later.event.type}"
            if former.event.source != later.event.source:
                return f"its source changes from {former.event.source} to {later.event.source}"
            if former.event.destination not in (None, later.event.destination):
                return (
                    f"its destination changes from {former.event.destination} to"
                    f" {later.event.destination}"
                )
            if former.event.created_at != later.event.created_at:
                return "its time of creation changes"
        return ""


@dataclass(frozen=True)
class Disturbance:
    """A fault in a host: when it was injected and when it was undone.

    :ivar end: None: it is not on the record
    """

    kind: str
    host: str
    start: float
    end: float | None
    seen: Seen[DisturbanceStarted]

    @property
    def line(self) -> int:
        """Where it stands."""
        return self.seen.line


def moves(course: Course, server: ServerIntroduced) -> list[Move]:
    """Return the planned moves of a server that were asked for or that left a migration record.

    Requests and migration records are matched by kind and in the order in which they were made;
    a refused request has no record. Where a request was repeated, the last one counts.
    """
    found: list[Move] = []
    taken: dict[str, int] = {}
    for number, expected in enumerate(server.expected):
        index = taken.get(expected.move, 0)
        taken[expected.move] = index + 1
        requests = course.all(MoveRequested, server=server.server, move=expected.move)
        migrations = migrations_of(course, server.server, expected.move)
        planned = sum(one.move == expected.move for one in server.expected)
        request = _at(requests, index, planned)
        refused = sum(not one.event.accepted for one in requests[:index])
        accepted = request is None or request.event.accepted
        records = migrations[index - refused : index - refused + 1] if accepted else []
        if expected.move == words.RESCUE and request and accepted:
            records = [_rescue(course, request)]
        if request or records:
            found.append(
                Move(
                    expected=expected,
                    server=server.server,
                    number=number,
                    request=request,
                    records=tuple(records[0]) if records else (),
                )
            )
    return found


def _at(
    requests: Sequence[Seen[MoveRequested]], index: int, planned: int
) -> Seen[MoveRequested] | None:
    """The request for one move; the last move takes all that are left, and the last of them."""
    if index >= len(requests):
        return None
    return requests[-1] if index == planned - 1 else requests[index]


def _rescue(course: Course, request: Seen[MoveRequested]) -> list[Seen[MigrationSeen]]:
    """Return the course of a rescue: Nova keeps no record of it, the list of servers shows it.

    It leads from where the server was to where it is then, and has ended once the server is shown
    as rescued or in error.
    """
    found = []
    server = request.event.server
    source = None
    for seen in course.all(ServerSeen, server=server):
        if seen.line < request.line:
            source = seen.event.host
        ends = {words.IN_RESCUE: words.RESCUED_NOW, words.ERROR: "error"}
        status = ends.get(seen.event.status)
        if seen.line > request.line and status and seen.event.task_state is None:
            event = MigrationSeen(
                server=server,
                migration="rescue",
                type=words.RESCUE,
                status=status,
                source=source,
                destination=seen.event.host,
            )
            found.append(Seen(event, seen.line, seen.t))
            break
    return found


def migrations_of(course: Course, server: str, kind: str) -> list[list[Seen[MigrationSeen]]]:
    """Return the looks at each migration record of a server, in the order of their creation.

    :param kind: one of `words.MOVES`; a record is of the kind that its last look says
    """
    found: dict[str, list[Seen[MigrationSeen]]] = {}
    for seen in course.all(MigrationSeen, server=server):
        found.setdefault(seen.event.migration, []).append(seen)
    of_kind = [records for records in found.values() if records[-1].event.type == kind]
    return sorted(of_kind, key=_creation)


def _creation(records: list[Seen[MigrationSeen]]) -> tuple[str, int]:
    return records[0].event.created_at or "", records[0].line


def disturbances(course: Course) -> list[Disturbance]:
    """Return the disturbances, in their order."""
    found = []
    for seen in course.all(DisturbanceStarted):
        event = seen.event
        ends = course.all(DisturbanceEnded, host=event.host, fault=event.fault)
        found.append(
            Disturbance(
                kind=event.fault,
                host=event.host,
                start=seen.t if event.t_injected is None else event.t_injected,
                end=next((one.t for one in ends if one.line > seen.line), None),
                seen=seen,
            )
        )
    return found
