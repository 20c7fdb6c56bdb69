# SPDX-License-Identifier: Apache-2.0
"""Judges of a move's own course: it was accepted, it ended well, Nova says so in every place.

May not know: where the server is afterwards, identity, network, data.
"""

from __future__ import annotations

from collections.abc import Callable

from migration_tests.judges.absence import never
from migration_tests.judges.applies import EVACUATED, MIGRATED, MOVED
from migration_tests.judges.course import Seen
from migration_tests.judges.finding import Finding, NotProduced, failed, passed, unclear
from migration_tests.judges.kinds import KINDS
from migration_tests.judges.moves import Move, migrations_of
from migration_tests.judges.registry import server_judge
from migration_tests.judges.scenario_record import ScenarioRecord
from migration_tests.record import stamps, words
from migration_tests.record.events import (
    ActionEvent,
    Expectation,
    MigrationSeen,
    MoveRequested,
    ServerAction,
    ServerIntroduced,
)


@server_judge(
    question="the evacuation was accepted and its migration record says it is done",
    family="evacuated",
    applies=EVACUATED,
    needs=("host_died", "service_seen_down"),
    steps=("evacuate",),
    evidence=("move.requested", "migration.seen"),
)
def evacuation_completed(record: ScenarioRecord, server: ServerIntroduced) -> Finding:
    """Each evacuation of the server ended well."""
    return _all(record, server, lambda one: one.move == words.EVACUATION)


@server_judge(
    question="the migration was accepted and its migration record says it is completed",
    family="migrated",
    applies=MIGRATED,
    steps=("live_migrate", "cold_migrate", "resize"),
    evidence=("move.requested", "migration.seen"),
)
def migration_completed(record: ScenarioRecord, server: ServerIntroduced) -> Finding:
    """Each other move of the server ended well."""
    return _all(record, server, lambda one: one.move != words.EVACUATION)


def _all(
    record: ScenarioRecord, server: ServerIntroduced, which: Callable[[Expectation], bool]
) -> Finding:
    moves = {move.number: move for move in record.moves(server)}
    found: Finding | None = None
    lines: list[int] = []
    for number, expected in enumerate(server.expected):
        if which(expected) and not expected.refused:
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
    return "done" if move.kind == words.EVACUATION else "completed"


def _contradiction(
    record: ScenarioRecord, server: ServerIntroduced, move: Move, expected: str, course: str
) -> Finding | None:
    """Say why the record of an arrival cannot be trusted, if it cannot."""
    lines = [seen.line for seen in move.records]
    assert move.arrival is not None
    later = [seen for seen in move.records if seen.line > move.arrival.line]
    back = [seen for seen in later if seen.event.status not in words.ARRIVED]
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
            " it cannot be told which belongs to which."
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


@server_judge(
    question="the instance action of the move and each of its events ended without error",
    family="moved",
    applies=MOVED,
    needs=("evacuation_completed", "migration_completed"),
    evidence=("server.action",),
)
def action_succeeded(record: ScenarioRecord, server: ServerIntroduced) -> Finding:
    """What the migration record says is not contradicted by the action's own events."""
    lines: list[int] = []
    expected = "every event of the instance action ends with Success"
    found = []
    for name in dict.fromkeys(KINDS[one.move].action for one in server.expected):
        actions = _actions(record, server, name)
        wanted = sum(KINDS[one.move].action == name for one in server.expected)
        if len(actions) < wanted:
            raise NotProduced(f"instance action {name} of the server", ServerAction)
        for action in actions:
            outcome = _action(record, server, action, expected)
            if outcome:
                return outcome
            lines.append(action.line)
            found += [event.event for event in action.event.events]
    return passed(expected, "so did " + ", ".join(found), *lines)


def _actions(
    record: ScenarioRecord, server: ServerIntroduced, name: str
) -> list[Seen[ServerAction]]:
    """The actions of a name, each as it was read last."""
    seen = record.all(ServerAction, server=server.server, action=name)
    return list({one.event.request_id: one for one in seen}.values())


def _action(
    record: ScenarioRecord, server: ServerIntroduced, action: Seen[ServerAction], expected: str
) -> Finding | None:
    name = action.event.action
    if action.event.message is not None:
        reason = f"Nova says of the action {name}: {action.event.message or '(nothing)'}."
        return failed(reason, expected, action.event.message, action.line)
    if not action.event.events:
        reason = f"Nova lists no event of the action {name}."
        return failed(reason, expected, "no events", action.line)
    for event in action.event.events:
        outcome = _event(record, server, event)
        if outcome:
            judge, reason = outcome
            return judge(reason, expected, f"{event.event}: {event.result}", action.line)
    return None


def _event(
    record: ScenarioRecord, server: ServerIntroduced, event: ActionEvent
) -> tuple[Callable[..., Finding], str] | None:
    """Return what is wrong with an event of an action: how it is to be judged, and why."""
    if event.result == "Error":
        return failed, f"{event.event} failed on {event.host}, though the move is said to be done."
    if event.result != "Success" or event.start_at is None or event.finish_at is None:
        return unclear, f"{event.event} had not ended when it was read."
    if stamps.parse(event.finish_at) < stamps.parse(event.start_at):
        return failed, f"{event.event} finished before it started."
    if not event.host:
        return failed, f"Nova names no host for {event.event}."
    hosts = {host for move in record.moves(server) for host in (move.source, move.destination)}
    if event.event.startswith("compute_") and None not in hosts and event.host not in hosts:
        return failed, f"{event.event} ran on {event.host}, which had no part in the move."
    return None
