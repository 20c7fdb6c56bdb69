# SPDX-License-Identifier: Apache-2.0
"""The judge of the decision about a move that waits for it: it was confirmed or reverted.

May not know: the move itself (`completion`), what is left behind (`leftovers`).
"""

from __future__ import annotations

from migration_tests.judges.absence import never
from migration_tests.judges.applies import DECIDED
from migration_tests.judges.course import Seen
from migration_tests.judges.finding import Finding, NotProduced, failed, passed, unclear
from migration_tests.judges.kinds import DECISIONS, Decision
from migration_tests.judges.moves import Move
from migration_tests.judges.registry import server_judge
from migration_tests.judges.requests import contradiction
from migration_tests.judges.scenario_record import ScenarioRecord
from migration_tests.record import words
from migration_tests.record.events import (
    AllocationSnapshot,
    MigrationSeen,
    RequestMade,
    ServerAction,
    ServerIntroduced,
    ServerSnapshot,
)


@server_judge(
    question="the move that waited for it was confirmed or reverted, as it was asked for",
    group="decided",
    applies=DECIDED,
    needs=("migration_completed",),
    excused_by=("id_kept",),
    steps=("confirm", "revert"),
    evidence=(
        "server.request",
        "migration.seen",
        "server.snapshot:decided",
        "server.action",
        "allocation.snapshot:moved",
    ),
)
def decision_completed(record: ScenarioRecord, server: ServerIntroduced) -> Finding:
    """Its migration record says so, and the server is in the state it had before the move.

    A failure means: the cloud refused to confirm or revert the move, or did not bring it to its
    end: the server waits for ever, or holds room on two hosts.
    """
    found: Finding | None = None
    lines: list[int] = []
    for move in record.moves(server):
        if move.expected.decision:
            found = _one(record, server, move)
            if found.outcome != "pass":
                return found
            lines += found.evidence
    if found is None:
        raise NotProduced("move that waits for a decision", MigrationSeen)
    return passed(found.expected, found.found, *lines)


def _one(record: ScenarioRecord, server: ServerIntroduced, move: Move) -> Finding:
    name = move.expected.decision
    decision, final = DECISIONS[name], words.DECISIONS[name][1]
    expected = f"the migration record becomes {final}, the server {server.state}"
    arrival = move.arrival
    if arrival is None:
        raise NotProduced("migration record that says the server has arrived", MigrationSeen)
    requests = [
        one
        for one in record.all(RequestMade, server=server.server, request=name)
        if one.line > arrival.line
    ]
    if not requests:
        raise NotProduced(f"request to {name} the move", RequestMade)
    request = requests[-1]
    if not request.event.accepted:
        found = f"HTTP {request.event.http_status}: {request.event.error}"
        reason = f"The cloud refused to {name} the move: {found}."
        return failed(reason, expected, found, request.line)
    odd = contradiction(request.event)
    if odd:
        return unclear(f"The request contradicts itself: {odd}.", expected, odd, request.line)
    course = ", ".join(dict.fromkeys(seen.event.status for seen in move.records))
    decided = move.decided
    if decided is None:
        why, lines = nova_says(record, server, decision)
        return never(
            record,
            name,
            MigrationSeen,
            f"The move was never {decision.participle}: its record stayed {move.status}{why}.",
            expected=expected,
            found=course,
            lines=[request.line, *(seen.line for seen in move.records), *lines],
        )
    if decided.line < request.line:
        reason = f"The move was {decision.participle} before that was asked for."
        return failed(reason, expected, course, decided.line, request.line)
    shot = record.last(
        ServerSnapshot,
        "snapshot once the move was decided about",
        server=server.server,
        moment=words.DECIDED,
    )
    action = action_of(record, server, decision)
    lines = [request.line, decided.line, shot.line, action.line]
    return (
        _held_back(record, server, move, expected)
        or _state(server, shot, lines, expected)
        or way(action, decision, lines, expected, course)
    )


def _held_back(
    record: ScenarioRecord, server: ServerIntroduced, move: Move, expected: str
) -> Finding | None:
    """While it waits, the source must keep room for the server: else it cannot be reverted."""
    looks = record.all(AllocationSnapshot, server=server.server, moment=words.MOVED)
    waiting = [look for look in looks if move.waits(look.line)]
    if not waiting:
        raise NotProduced("look at the allocations while the move waits", AllocationSnapshot)
    held = waiting[-1].event.by_move.values()
    if not any(amounts.get(move.source or "") for amounts in held):
        reason = f"While the move waited, {move.source} held no room for the server to come back."
        found = "no allocation by the migration record"
        return failed(reason, f"{expected}; till then room on {move.source}", found,
                      waiting[-1].line)  # fmt: skip
    return None


def _state(
    server: ServerIntroduced, shot: Seen[ServerSnapshot], lines: list[int], expected: str
) -> Finding | None:
    status, task_state = shot.event.status, shot.event.task_state
    if status != server.state:
        reason = f"The server is {status} after it, before the move it was {server.state}."
        return failed(reason, expected, status, *lines)
    if task_state is not None:
        reason = f"The server is {status}, but still in the task state {task_state!r}."
        return failed(reason, expected, f"task state {task_state!r}", *lines)
    return None


def way(
    action: Seen[ServerAction], decision: Decision, lines: list[int], expected: str, course: str
) -> Finding:
    """Judge by Nova's own account of the decision: the event that does the work, and no error."""
    if action.event.message is not None:
        reason = f"Nova says of the action {decision.action}: {action.event.message}."
        return failed(reason, expected, action.event.message, *lines)
    results = {one.event: one.result for one in action.event.events}
    wrong = [name for name, result in results.items() if result == "Error"]
    if wrong:
        reason = f"{', '.join(wrong)} failed, though the move is said to be {decision.participle}."
        return failed(reason, expected, ", ".join(wrong), *lines)
    if decision.event not in results:
        reason = f"Nova lists no {decision.event} among the events of {decision.action}."
        return failed(reason, expected, ", ".join(results) or "no events", *lines)
    late = [name for name, result in results.items() if result != "Success"]
    if late:
        reason = f"{', '.join(late)} had not ended when it was read."
        return unclear(reason, expected, course, *lines)
    return passed(expected, course, *lines)


def action_of(
    record: ScenarioRecord, server: ServerIntroduced, decision: Decision
) -> Seen[ServerAction]:
    """Return the instance action of a decision.

    :raises NotProduced: when there is none
    """
    actions = record.all(ServerAction, server=server.server, action=decision.action)
    if not actions:
        raise NotProduced(f"instance action {decision.action} of the server", ServerAction)
    return actions[-1]


def nova_says(
    record: ScenarioRecord, server: ServerIntroduced, decision: Decision
) -> tuple[str, list[int]]:
    """Return what Nova says of the action if it failed, and the line."""
    actions = record.all(ServerAction, server=server.server, action=decision.action)
    if not actions or not actions[-1].event.message:
        return "", []
    return f"; Nova says: {actions[-1].event.message}", [actions[-1].line]
