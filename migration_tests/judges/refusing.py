# SPDX-License-Identifier: Apache-2.0
"""Judges of moves that must come to nothing: refused, or accepted and then found impossible.

May not know: moves that are to be made.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

from migration_tests.judges.absence import never
from migration_tests.judges.applies import TRIED
from migration_tests.judges.course import Seen
from migration_tests.judges.finding import Finding, NotProduced, failed, passed, unclear
from migration_tests.judges.kinds import KINDS
from migration_tests.judges.moves import Move
from migration_tests.judges.registry import server_judge
from migration_tests.judges.requests import contradiction
from migration_tests.judges.scenario_record import ScenarioRecord
from migration_tests.record import words
from migration_tests.record.event import Event
from migration_tests.record.events import (
    AllocationSnapshot,
    MigrationSeen,
    MoveRequested,
    ServerIntroduced,
    ServerSnapshot,
    VolumeSnapshot,
)

STEPS = {
    words.EVACUATION: "try_evacuation",
    words.LIVE_MIGRATION: "try_live_migration",
    words.COLD_MIGRATION: "try_cold_migration",
}


@server_judge(
    question="moves that must come to nothing are refused, or end in error, as they must",
    group="refused",
    applies=TRIED,
    needs=("host_died", "service_seen_down"),
    steps=tuple(STEPS.values()),
    evidence=("move.requested", "migration.seen"),
)
def refused_as_promised(record: ScenarioRecord, server: ServerIntroduced) -> Finding:
    """Each is answered with the HTTP status that is promised, or its record ends in error.

    A failure means: the cloud takes what it must refuse, refuses it with another status than it
    says, gives no reason, or makes a move that nobody may make.
    """
    moves = {move.number: move for move in record.moves(server)}
    texts: list[tuple[str, str]] = []
    lines: list[int] = []
    for number, expected in enumerate(server.expected):
        if not expected.tried:
            continue
        if number not in moves:
            verb = KINDS[expected.move].verb
            raise NotProduced(f"request to {verb} the server", MoveRequested)
        found = _one(record, moves[number])
        if found.outcome != "pass":
            return found
        texts.append((found.expected, found.found))
        lines += found.evidence
    expected_text = "; ".join(expected for expected, _ in texts)
    return passed(expected_text, "; ".join(found for _, found in texts), *lines)


def _one(record: ScenarioRecord, move: Move) -> Finding:
    noun = KINDS[move.kind].noun
    request = move.request
    if request is None:
        raise NotProduced(f"request for the {noun}", MoveRequested)
    answer = request.event
    to = f" to {answer.target}" if answer.target else ""
    odd = contradiction(answer) if answer.accepted else ""
    if odd:
        return unclear(f"The request contradicts itself: {odd}.", "one answer", odd, request.line)
    if move.expected.refused:
        expected = f"the {noun}{to} is refused with HTTP {_either(move.expected.refused)}"
        if answer.accepted:
            course = ", ".join(dict.fromkeys(seen.event.status for seen in move.records))
            found = f"accepted, then {course or 'no migration record'}"
            reason = f"The {noun}{to} was accepted, and must be refused."
            return failed(reason, expected, found, request.line)
        found = f"HTTP {answer.http_status}: {answer.error}"
        if str(answer.http_status) not in move.expected.refused.split("|"):
            reason = f"The {noun}{to} was refused with HTTP {answer.http_status}: {answer.error}."
            return failed(reason, expected, found, request.line)
        if not answer.error:
            reason = f"The {noun}{to} was refused without a word why."
            return failed(reason, f"{expected} and a reason", found, request.line)
        return passed(expected, found, request.line)
    return _failing(record, move, request, to)


def _either(statuses: str) -> str:
    return " or ".join(statuses.split("|"))


def _failing(
    record: ScenarioRecord, move: Move, request: Seen[MoveRequested], to: str
) -> Finding:
    """A move that is accepted and must then end in error."""
    noun, wanted = KINDS[move.kind].noun, move.expected.fails
    expected = f"the {noun}{to} is accepted and its migration record becomes {wanted}"
    if not request.event.accepted:
        found = f"HTTP {request.event.http_status}: {request.event.error}"
        reason = f"The {noun}{to} was refused, and must be accepted and then fail: {found}."
        return failed(reason, expected, found, request.line)
    course = ", ".join(dict.fromkeys(seen.event.status for seen in move.records)) or "no record"
    lines = (request.line, *(seen.line for seen in move.records))
    if move.arrival:
        reason = f"The {noun}{to} was made, and must come to nothing."
        return failed(reason, expected, course, *lines)
    if move.status is None and record.lost((MigrationSeen.kind,), move.server):
        raise NotProduced("migration record of the attempt", MigrationSeen)
    if move.status not in words.FAILED_MIGRATION:
        return never(
            record,
            STEPS[move.kind],
            MigrationSeen,
            f"The {noun}{to} came to no end: its migration record says {move.status}.",
            expected=expected,
            found=course,
            lines=list(lines),
        )
    return passed(expected, course, *lines)


@server_judge(
    question="a move that came to nothing has changed nothing",
    group="refused",
    applies=TRIED,
    needs=("refused_as_promised",),
    evidence=(
        "server.snapshot:before",
        "server.snapshot:refused",
        "allocation.snapshot:before",
        "allocation.snapshot:refused",
    ),
)
def nothing_changed(record: ScenarioRecord, server: ServerIntroduced) -> Finding:
    """Server, ports, addresses, volumes, attachments and allocations are as they were before.

    A failure means: an attempt left a claim, a binding or an attachment behind, or harmed the
    server that it was not to touch.
    """
    found = [one for one in record.moves(server) if one.expected.tried]
    ends = {one.expected.end for one in found}
    status = words.ERROR if words.ERROR in ends else server.state
    lines: list[int] = []
    for kind, what in ((ServerSnapshot, "snapshot"), (AllocationSnapshot, "look at allocations")):
        before = record.look_before(kind, f"{what} before", server=server.server)
        after = record.all(kind, server=server.server, moment=words.REFUSED)
        if len(after) < len(found):
            missing = f"{what} after the move that came to nothing"
            raise NotProduced(missing, kind, moment=words.REFUSED)
        lines += [before.line, *(one.line for one in after)]
        for look in after:
            for reason in _changes(before, look, status):
                return failed(reason, "all as it was before", reason, before.line, look.line)
    volumes = _volumes(record, server)
    for reason, line in _changed_volumes(record, server, len(found)):
        return failed(reason, "all as it was before", reason, *volumes, line)
    return passed("all as it was before", "so it is", *lines, *volumes)


def _changes(before: Seen[Event], after: Seen[Event], status: str) -> Iterator[str]:
    """Yield what a look shows otherwise than the one before, in a sentence."""
    was, now = before.event, after.event
    for field in dataclasses.fields(was):
        old, new = getattr(was, field.name), getattr(now, field.name)
        if field.name == "moment" or old == new:
            continue
        if field.name == "status" and new == status:
            continue
        # The ports of a server on a dead host go down.
        dead = field.name == "ports" and status == words.ERROR
        if dead and _but_status(old) == _but_status(new):
            continue
        name = field.name.replace("_", " ").replace("by host", "allocation")
        yield f"An attempt that came to nothing changed the server's {name}: {old} to {new}."


def _but_status(ports: tuple[object, ...]) -> list[object]:
    return [dataclasses.replace(port, status="") for port in ports]  # type: ignore[type-var]


def _volumes(record: ScenarioRecord, server: ServerIntroduced) -> list[int]:
    looks = record.all(VolumeSnapshot, server=server.server, moment=(words.BEFORE, words.REFUSED))
    return [look.line for look in looks]


def _changed_volumes(
    record: ScenarioRecord, server: ServerIntroduced, attempts: int
) -> Iterator[tuple[str, int]]:
    before = {
        look.event.volume: look
        for look in record.all(VolumeSnapshot, server=server.server, moment=words.BEFORE)
    }
    after = record.all(VolumeSnapshot, server=server.server, moment=words.REFUSED)
    for volume, look in before.items():
        looks = [one for one in after if one.event.volume == volume]
        if len(looks) < attempts:
            if record.cut_off or record.lost((VolumeSnapshot.kind,), server.server):
                raise NotProduced("look at the volume", VolumeSnapshot, moment=words.REFUSED)
            yield f"After an attempt the volume {volume} was not seen attached.", look.line
        for one in looks:
            if dataclasses.replace(one.event, moment=words.BEFORE) != look.event:
                yield (
                    f"An attempt that came to nothing changed the volume {volume} or its"
                    f" attachments: {look.event.attachments} to {one.event.attachments}.",
                    one.line,
                )
    for one in after:
        if one.event.volume not in before:
            yield f"After an attempt the server has another volume, {one.event.volume}.", one.line
