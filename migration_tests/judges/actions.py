# SPDX-License-Identifier: Apache-2.0
"""The judge of instance actions: what the migration record says, Nova's other record says too.

May not know: where the server is afterwards.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from migration_tests.judges.applies import MOVED
from migration_tests.judges.course import Seen
from migration_tests.judges.finding import Finding, NotProduced, failed, passed, unclear
from migration_tests.judges.kinds import KINDS, Kind
from migration_tests.judges.registry import server_judge
from migration_tests.judges.scenario_record import ScenarioRecord
from migration_tests.record import stamps
from migration_tests.record.events import ActionEvent, ServerAction, ServerIntroduced

EXPECTED = "every event of the instance action ends with Success"


@server_judge(
    question="the instance action of the move and each of its events ended without error",
    group="moved",
    applies=MOVED,
    needs=("evacuation_completed", "migration_completed", "rescue_completed"),
    evidence=("server.action",),
)
def action_succeeded(record: ScenarioRecord, server: ServerIntroduced) -> Finding:
    """No event of an action failed, and the one that does the work is among them.

    A failure means: Nova's two records disagree: the migration is called done, and an event of
    its action failed, never ended, or did its work on another host.
    """
    lines: list[int] = []
    found: list[str] = []
    hosts = {host for move in record.moves(server) for host in (move.source, move.destination)}
    moves = [one for one in server.expected if one.arrives]
    for kind in dict.fromkeys(KINDS[one.move] for one in moves):
        wanted = sum(KINDS[one.move].action == kind.action for one in moves)
        read = record.all(ServerAction, server=server.server, action=kind.action)
        # One that was read again counts as it was read last.
        actions = list({action.event.request_id: action for action in read}.values())[-wanted:]
        if len(actions) < wanted:
            raise NotProduced(f"instance action {kind.action} of the server", ServerAction)
        for action in actions:
            wrong = _wrong(action, kind, hosts)
            if wrong:
                return wrong
            lines.append(action.line)
            found += [event.event for event in action.event.events]
    return passed(EXPECTED, "so did " + ", ".join(found), *lines)


def _wrong(action: Seen[ServerAction], kind: Kind, hosts: set[str | None]) -> Finding | None:
    event, name = action.event, action.event.action
    for reason in _failures(event, kind, hosts):
        return failed(reason, EXPECTED, _text(event.events), action.line)
    if event.message is not None:
        reason = f"Nova says of the action {name}: {event.message or '(nothing)'}."
        return failed(reason, EXPECTED, event.message, action.line)
    for reason in _doubts(event):
        return unclear(reason, EXPECTED, _text(event.events), action.line)
    return None


def _text(events: Sequence[ActionEvent]) -> str:
    return ", ".join(f"{one.event or '(nameless)'}: {one.result}" for one in events) or "no events"


def _failures(action: ServerAction, kind: Kind, hosts: set[str | None]) -> Iterator[str]:
    """Yield what Nova says went wrong in an action."""
    if not action.events:
        yield f"Nova lists no event of the action {action.action}."
        return
    for event in action.events:
        if event.result == "Error":
            yield f"{event.event} failed on {event.host}, though the move is said to be done."
        elif event.result is None or event.finish_at is None:
            # It was asked for until it had ended, or had its time.
            yield f"{event.event} never ended, though the move is said to be done."
        elif event.result != "Success":
            yield f"{event.event} ended as {event.result!r}, though the move is said to be done."
        if not event.event:
            yield f"Nova lists an event without a name of the action {action.action}."
        if not event.host:
            yield f"Nova names no host for {event.event}."
    work = [event for event in action.events if event.event == kind.event]
    if not work:
        yield f"Nova lists no {kind.event} among the events of the action {action.action}."
    for event in work:
        if None not in hosts and event.host not in hosts:
            yield f"{event.event} ran on {event.host}, which had no part in the move."


def _doubts(action: ServerAction) -> Iterator[str]:
    """Yield why an action cannot have been as it was read."""
    for event in action.events:
        if event.start_at is None:
            yield f"Nova does not say when {event.event} started."
            return
        if stamps.parse(str(event.finish_at)) < stamps.parse(event.start_at):
            yield f"{event.event} finished before it started."
    # They are recorded in the order in which they began.
    for former, later in pairwise(action.events):
        if stamps.parse(str(later.start_at)) < stamps.parse(str(former.start_at)):
            yield f"{later.event} started before {former.event}."
