# SPDX-License-Identifier: Apache-2.0
"""Judges of moves that must come to nothing: refused, or accepted and then found impossible.

May not know: moves that are to be made.
"""

from __future__ import annotations

from migration_tests.judges import unchanged
from migration_tests.judges.absence import never
from migration_tests.judges.applies import STAYED, TRIED
from migration_tests.judges.course import Seen
from migration_tests.judges.finding import Finding, NotProduced, failed, passed, unclear
from migration_tests.judges.kinds import KINDS
from migration_tests.judges.moves import Move
from migration_tests.judges.registry import server_judge
from migration_tests.judges.requests import contradiction
from migration_tests.judges.scenario_record import ScenarioRecord
from migration_tests.record import words
from migration_tests.record.events import MigrationSeen, MoveRequested, ServerIntroduced

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
    evidence=unchanged.evidence(words.REFUSED),
)
def nothing_changed(record: ScenarioRecord, server: ServerIntroduced) -> Finding:
    """Server, ports, addresses, volumes, attachments and allocations are as they were before.

    A failure means: an attempt left a claim, a binding or an attachment behind, or harmed the
    server that it was not to touch.
    """
    found = [one for one in record.moves(server) if one.expected.tried]
    in_error = words.ERROR in {one.expected.end for one in found}
    return unchanged.since_before(
        record,
        server,
        words.REFUSED,
        by="An attempt that came to nothing",
        looks=len(found),
        statuses={words.ERROR} if in_error else {server.state},
        host_down=in_error or STAYED(server),
    )
