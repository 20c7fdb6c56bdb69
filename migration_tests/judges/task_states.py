# SPDX-License-Identifier: Apache-2.0
"""The judge of the way: the task states of each move come in Nova's order, on the right hosts.

Seen by a list call per tick, so states may be missed; but none may come back. May not know: how
long anything may take.
"""

from __future__ import annotations

from itertools import pairwise

from migration_tests.judges.applies import MOVED
from migration_tests.judges.course import Seen
from migration_tests.judges.finding import Finding, NotProduced, failed, passed, unclear
from migration_tests.judges.kinds import KINDS, Kind
from migration_tests.judges.moves import Move
from migration_tests.judges.registry import server_judge
from migration_tests.judges.scenario_record import ScenarioRecord
from migration_tests.record.events import (
    MoveRequested,
    RequestMade,
    ServerAction,
    ServerIntroduced,
    ServerSeen,
)

# Statuses that Nova's API makes out of a task state (nova/api/openstack/common.py).
BY_TASK = ("REBUILD", "MIGRATING", "RESIZE", "REVERT_RESIZE", "REBOOT", "HARD_REBOOT")


@server_judge(
    question="the task states of the move were never out of order",
    group="moved",
    applies=MOVED,
    needs=("evacuation_completed", "migration_completed", "rescue_completed"),
    evidence=("server.seen",),
)
def task_states_in_order(record: ScenarioRecord, server: ServerIntroduced) -> Finding:
    """No task state came back, and none came that has no place in such a move.

    A failure means: a state came after one that must follow it, or one that has no place in
    such a move, or the server was shown on a host that has no part in it.
    """
    # A state that came back may have been seen in a look that was lost.
    lost = record.lost((ServerSeen.kind,), server.server)
    found: list[str] = []
    lines: list[int] = []
    expected = ""
    for move in record.moves(server):
        if not move.expected.arrives:
            continue
        kind = KINDS[move.kind]
        expected = "in this order, none twice: " + ", ".join(kind.task_states)
        seen = _during(record, server, move)
        states = [s for s in seen if s.event.task_state is not None]
        finding = _out_of_order(move, seen, states, expected)
        if finding:
            return finding
        actions = record.all(ServerAction, server=server.server, action=kind.action)
        if not states and not actions:
            what = f"look at the server during its {kind.noun}"
            raise NotProduced(what, ServerSeen)
        odd = [s for s in seen if s.event.status in BY_TASK and s.event.task_state is None]
        if odd:
            reason = f"The server was {odd[0].event.status} without a task state, which cannot be."
            return unclear(reason, expected, odd[0].event.status, odd[0].line)
        found += [str(s.event.task_state) for s in states]
        lines += [*(s.line for s in states), *(s.line for s in actions[-1:] if not states)]
    text = ", ".join(found) or "none seen between two looks"
    if lost:
        reason = f"Looks at the server are missing: {lost.reason}."
        return unclear(reason, expected, text, *lines, lost.line)
    return passed(expected, text, *lines)


def _during(
    record: ScenarioRecord, server: ServerIntroduced, move: Move
) -> list[Seen[ServerSeen]]:
    """The looks from the request for a move to what is asked of the server next, but a start."""
    assert move.t_start is not None  # a move that arrived was asked for
    after = move.request.line if move.request else move.records[0].line
    next_move = [s.t for s in record.all(MoveRequested, server=server.server) if s.line > after]
    others = [
        s.t
        for s in record.all(RequestMade, server=server.server)
        if s.line > after and s.event.request != "start"
    ]
    end = min([*next_move, *others], default=float("inf"))
    seen = record.all(ServerSeen, server=server.server)
    return sorted((s for s in seen if move.t_start <= s.t < end), key=lambda s: s.t)


def _out_of_order(
    move: Move, seen: list[Seen[ServerSeen]], states: list[Seen[ServerSeen]], expected: str
) -> Finding | None:
    kind = KINDS[move.kind]
    found = ", ".join(str(s.event.task_state) for s in states)
    hosts = {move.source, move.destination}
    for one in states:
        if None not in hosts and one.event.host not in hosts:
            where = f"on {one.event.host}" if one.event.host else "without a host"
            reason = f"While it was {kind.participle} the server was shown {where}."
            return failed(reason, f"on {' or '.join(sorted(map(str, hosts)))}", where, one.line)
        if one.event.status not in kind.statuses:
            reason = f"While it was {kind.participle} the server was {one.event.status!r}."
            return failed(reason, f"one of {', '.join(kind.statuses)}", one.event.status, one.line)
        if one.event.task_state not in kind.task_states:
            reason = f"The task state {one.event.task_state} has no place in this {kind.noun}."
            return failed(reason, expected, found, one.line)
    there = False
    for one in seen:
        if there and one.event.host == move.source != move.destination:
            reason = f"The server was shown on {move.source} again after {move.destination}."
            return failed(reason, "on the source, then on the destination", found, one.line)
        there = there or one.event.host == move.destination
    for former, later in pairwise(_changes(seen)):
        if _rank(kind, former) >= _rank(kind, later):
            reason = (
                f"The task state {later.event.task_state} came after {former.event.task_state}."
            )
            return failed(reason, expected, found, former.line, later.line)
    return None


def _changes(seen: list[Seen[ServerSeen]]) -> list[Seen[ServerSeen]]:
    """Leave out looks without a task state, and looks that only repeat the one before."""
    changes: list[Seen[ServerSeen]] = []
    former: str | None = None
    for one in seen:
        state = one.event.task_state
        if state is not None and state != former:
            changes.append(one)
        former = state
    return changes


def _rank(kind: Kind, seen: Seen[ServerSeen]) -> int:
    return kind.task_states.index(str(seen.event.task_state))
