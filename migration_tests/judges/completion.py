# SPDX-License-Identifier: Apache-2.0
"""Judges of a move's own course: it was accepted, and its migration record ended well.

May not know: where the server is afterwards, identity, network, data.
"""

from __future__ import annotations

from collections.abc import Callable

from migration_tests.judges.absence import never
from migration_tests.judges.applies import EVACUATED, MIGRATED
from migration_tests.judges.finding import Finding, NotProduced, failed, passed, unclear
from migration_tests.judges.kinds import KINDS
from migration_tests.judges.moves import Move, migrations_of
from migration_tests.judges.registry import server_judge
from migration_tests.judges.requests import contradiction
from migration_tests.judges.scenario_record import ScenarioRecord
from migration_tests.record import words
from migration_tests.record.events import (
    Expectation,
    MigrationSeen,
    MoveRequested,
    ServerAction,
    ServerIntroduced,
)


@server_judge(
    question="the evacuation was accepted and its migration record says it is done",
    group="evacuated",
    applies=EVACUATED,
    needs=("host_died", "service_seen_down"),
    steps=("evacuate",),
    evidence=("move.requested", "migration.seen"),
)
def evacuation_completed(record: ScenarioRecord, server: ServerIntroduced) -> Finding:
    """Each evacuation of the server ended well.

    A failure means: the request was refused (its HTTP status stands there), the record ended
    as ``error`` or ``failed`` (Nova's own words stand there), or it never ended.
    """
    return _all(record, server, lambda one: one.move == words.EVACUATION)


@server_judge(
    question="the migration was accepted and its migration record says it is completed",
    group="migrated",
    applies=MIGRATED,
    steps=("live_migrate", "cold_migrate", "resize"),
    evidence=("move.requested", "migration.seen"),
)
def migration_completed(record: ScenarioRecord, server: ServerIntroduced) -> Finding:
    """Each other move of the server ended well.

    A failure means: the request was refused, the record ended in an error, or it never ended.
    """
    return _all(record, server, lambda one: one.move != words.EVACUATION)


def _all(
    record: ScenarioRecord, server: ServerIntroduced, which: Callable[[Expectation], bool]
) -> Finding:
    moves = {move.number: move for move in record.moves(server)}
    found: Finding | None = None
    lines: list[int] = []
    for number, expected in enumerate(server.expected):
        if which(expected) and expected.arrives:
            move = moves.get(number)
            if move is None:
                verb = KINDS[expected.move].verb
                raise NotProduced(f"request to {verb} the server", MoveRequested, MigrationSeen)
            found = _one(record, server, move)
            if found.outcome != "pass":
                return found
            lines += found.evidence
    assert found is not None  # the judge applies
    return passed(found.expected, found.found, *lines)


def _one(record: ScenarioRecord, server: ServerIntroduced, move: Move) -> Finding:
    kind, done = KINDS[move.kind], _done(move)
    expected = f"the request is accepted and the migration record becomes {done}"
    request = move.request
    if request is None:
        raise NotProduced(f"request to {kind.verb} the server", MoveRequested)
    if not request.event.accepted:
        found = f"HTTP {request.event.http_status}: {request.event.error}"
        reason = f"The cloud refused to {kind.verb} the server: {found}."
        return failed(reason, expected, found, request.line)
    course = ", ".join(dict.fromkeys(seen.event.status for seen in move.records))
    odd = contradiction(request.event)
    if odd:
        return unclear(f"The request contradicts itself: {odd}.", expected, odd, request.line)
    if move.arrival:
        lines = (request.line, move.arrival.line)
        return _contradiction(record, server, move, expected, course) or passed(
            expected, course, *lines
        )
    words_of_nova, action_lines = _why(record, server, move)
    lines_so_far = [request.line, *(seen.line for seen in move.records), *action_lines]
    if move.status in words.FAILED_MIGRATION:
        reason = f"The {kind.noun} ended as {move.status}{words_of_nova}."
        return failed(reason, expected, course, *lines_so_far)
    if move.status is None:
        reason = f"The request was accepted, but no migration record appeared{words_of_nova}."
    else:
        reason = f"The {kind.noun} never ended: it stayed {move.status}{words_of_nova}."
    return never(
        record,
        kind.step,
        MigrationSeen,
        reason,
        expected=expected,
        found=course or "no record",
        lines=lines_so_far,
    )


def _done(move: Move) -> str:
    if move.expected.decision:
        return "finished"
    return "done" if move.kind == words.EVACUATION else "completed"


def _contradiction(
    record: ScenarioRecord, server: ServerIntroduced, move: Move, expected: str, course: str
) -> Finding | None:
    """Say why the record of an arrival cannot be trusted, if it cannot."""
    lines = [seen.line for seen in move.records]
    assert move.arrival is not None
    later = [seen for seen in move.records if seen.line > move.arrival.line]
    allowed = {*words.ARRIVED, *words.DECISIONS.get(move.expected.decision, ())}
    back = [seen for seen in later if seen.event.status not in allowed]
    noun = KINDS[move.kind].noun
    if back:
        reason = f"The {noun} was {move.arrival.event.status}, then {back[0].event.status}."
        return failed(reason, expected, course, *lines)
    if move.contradiction:
        reason = f"The migration record cannot be that of one {noun}: {move.contradiction}."
        return unclear(reason, expected, course, *lines)
    accepted = record.all(MoveRequested, server=server.server, move=move.kind, accepted=True)
    there = migrations_of(record, server.server, move.kind)
    if len(there) > len(accepted):
        reason = (
            f"There are {len(there)} migration records of this kind for {len(accepted)} requests:"
            " which belongs to which is not known."
        )
        return unclear(reason, expected, course, *lines)
    return None


def _why(record: ScenarioRecord, server: ServerIntroduced, move: Move) -> tuple[str, list[int]]:
    """What Nova itself says of the move, if it was recorded."""
    actions = record.all(ServerAction, server=server.server, action=KINDS[move.kind].action)
    if not actions:
        return "", []
    action = actions[-1]
    bad = [event for event in action.event.events if event.result == "Error"]
    texts = [f"{event.event} failed on {event.host}" for event in bad]
    if action.event.message:
        texts.append(f"Nova says: {action.event.message}")
    return "".join(f"; {text}" for text in texts), [action.line]
