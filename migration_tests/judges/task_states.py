# SPDX-License-Identifier: Apache-2.0
"""The judge of the way: the task states of an evacuation come in Nova's order.

Seen by a list call per tick, so states may be missed; but none may come back. May not know: how
long anything may take.
"""

from __future__ import annotations

from itertools import pairwise

from migration_tests.judges.engine import ServerJudge
from migration_tests.judges.finding import Finding, NotProduced, failed, passed
from migration_tests.judges.story_record import Seen, StoryRecord
from migration_tests.record.events import (
    HostKilled,
    ServerAction,
    ServerIntroduced,
    ServerSeen,
)

# Nova's compute manager, rebuild_instance: REBUILDING is set by the API, the next two by the
# target host; POWERING_OFF follows where the server stays stopped (API 2.95); POWERING_ON is
# ours, by the start request.
ORDER = (
    "rebuilding",
    "rebuild_block_device_mapping",
    "rebuild_spawning",
    "powering-off",
    "powering-on",
)


def _in_order(record: StoryRecord, server: ServerIntroduced) -> Finding:
    killed = record.last(HostKilled, "report of the fault")
    seen = sorted(
        (s for s in record.all(ServerSeen, server=server.server) if s.line > killed.line),
        key=lambda s: s.t,
    )
    actions = record.all(ServerAction, server=server.server, action="evacuate")
    states = [s for s in seen if s.event.task_state is not None]
    if not states and not actions:
        raise NotProduced("look at the server during the evacuation", ServerSeen, ServerAction)
    expected = "in this order, none twice: " + ", ".join(ORDER)
    found = ", ".join(str(s.event.task_state) for s in states) or "none seen between two looks"
    lines = [*(s.line for s in states), *(s.line for s in actions[-1:])]
    for one in states:
        if one.event.task_state not in ORDER:
            reason = f"The task state {one.event.task_state} has no place in an evacuation."
            return failed(reason, expected, found, one.line)
    for former, later in pairwise(_changes(seen)):
        if _rank(former) >= _rank(later):
            reason = (
                f"The task state {later.event.task_state} came after {former.event.task_state}."
            )
            return failed(reason, expected, found, former.line, later.line)
    for action in actions[-1:]:
        for event in action.event.events:
            # Both stamps are of one clock, written as ISO 8601 text of one form: text compares.
            if event.start_at and event.finish_at and event.finish_at < event.start_at:
                reason = f"{event.event} finished before it started."
                found = f"{event.start_at} to {event.finish_at}"
                return failed(reason, expected, found, action.line)
    return passed(expected, found, *lines)


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


def _rank(seen: Seen[ServerSeen]) -> int:
    return ORDER.index(str(seen.event.task_state))


TASK_STATES_IN_ORDER = ServerJudge(
    name="task_states_in_order",
    question="the task states of the evacuation were never out of order",
    ask=_in_order,
    needs=("evacuation_completed",),
)
