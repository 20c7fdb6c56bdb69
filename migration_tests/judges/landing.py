# SPDX-License-Identifier: Apache-2.0
"""Judges of where a server is after its moves, and in what state Nova left it.

May not know: hosts themselves (`leftovers`), identity, network, data.
"""

from __future__ import annotations

from migration_tests.judges.applies import MOVED
from migration_tests.judges.finding import Finding, failed, passed
from migration_tests.judges.kinds import KINDS
from migration_tests.judges.moves import Move
from migration_tests.judges.registry import server_judge
from migration_tests.judges.scenario_record import ScenarioRecord
from migration_tests.record import words
from migration_tests.record.events import ServerIntroduced, ServerSnapshot

COMPLETED = ("evacuation_completed", "migration_completed", "rescue_completed")


@server_judge(
    question="the server landed on another host, the one its migration record names",
    group="moved",
    applies=MOVED,
    needs=(*COMPLETED, "decision_completed"),
    excused_by=("servers_ready", "id_kept"),
    evidence=("server.snapshot:before", "server.snapshot", "migration.seen"),
)
def landed_elsewhere(record: ScenarioRecord, server: ServerIntroduced) -> Finding:
    """Nova's picture of the server and its migration records tell one and the same way.

    One whose move was reverted is back on the host it came from.

    A failure means: Nova's picture of the server and of its migration disagree, or the server
    went elsewhere than it was asked to.
    """
    before = record.look_before(ServerSnapshot, "snapshot before", server=server.server)
    looks = record.looks(ServerSnapshot, "snapshot after the move", server=server.server)
    moves = [move for move in record.moves(server) if move.arrival]
    lines = [before.line, *(m.last.line for m in moves if m.last), *(s.line for s in looks)]
    here = before.event.host
    if here is None:
        reason = "The cloud showed no host for the server before."
        return failed(reason, "a host", "none", *lines)
    for move in moves:
        wrong = _wrong_way(move, here)
        if wrong:
            expected = f"from {here} to {_target(move)}"
            return failed(wrong, expected, f"from {move.source} to {move.destination}", *lines)
        here = str(move.host())
    expected = f"on {here}" + (
        f", not on {before.event.host}" if here != before.event.host else " again"
    )
    for look in looks:
        host, here = look.event.host, str(record.host_at(server, look.line))
        if host is None:
            return failed("The cloud shows no host for the server.", expected, "no host", *lines)
        if host != here and host == before.event.host:
            reason = f"The server is still said to be on {host}, which it was to leave."
            return failed(reason, expected, f"on {host}", *lines)
        if host != here:
            reason = f"The migration record names {here}, but the server is on {host}."
            return failed(reason, expected, f"on {host}", *lines)
    return passed(expected, f"on {here}", *lines)


def _target(move: Move) -> str:
    if move.request and move.request.event.target:
        return move.request.event.target
    return move.expected.place


def _wrong_way(move: Move, here: str) -> str:
    """Return what is wrong with where a move led from and to, if something is."""
    noun = KINDS[move.kind].noun
    if move.source != here:
        return f"The migration record says the {noun} began on {move.source}, not on {here}."
    if not move.destination:
        return f"The migration record of the {noun} names no destination."
    another = move.expected.place == words.ANOTHER_HOST or move.expected.decision
    if another and move.destination == here:
        return f"The {noun} led back to {here}, where the server was."
    if not another and move.destination != here:
        return f"The {noun} led to {move.destination}, not back to {here}."
    target = move.request.event.target if move.request else None
    if target is not None and target != move.destination:
        return f"The {noun} was to lead to {target}, and led to {move.destination}."
    return ""


@server_judge(
    question="after the move the server has the status that is promised",
    group="moved",
    applies=MOVED,
    needs=COMPLETED,
    excused_by=("id_kept",),
    evidence=("server.snapshot:moved",),
)
def status_as_promised(record: ScenarioRecord, server: ServerIntroduced) -> Finding:
    """Right after its last move the server is stopped, or ACTIVE from then on, by the table.

    A failure means: Nova left the server running that it promised to leave stopped, or the
    other way round, or with a task that never ends.
    """
    shot = record.last(
        ServerSnapshot, "snapshot right after the move", server=server.server, moment=words.MOVED
    )
    move = record.arrived(server)
    expected = move.expected.end
    looks = [shot]
    if expected == words.ACTIVE:  # one that is left stopped is started by the scenario
        # What it was before, between an attempt that failed and this move, is not this move's.
        after = record.looks(ServerSnapshot, "snapshot after the move", server=server.server)
        looks = [look for look in after if look.line >= shot.line]
    for look in looks:
        found, task_state = look.event.status, look.event.task_state
        if found != expected:
            reason = f"After its {KINDS[move.kind].noun} the server is {found}, not {expected}."
            return failed(reason, expected, found, look.line)
        if task_state is not None:
            reason = f"The server is {found}, but still in the task state {task_state!r}."
            return failed(reason, expected, f"task state {task_state!r}", look.line)
    return passed(expected, expected, *(look.line for look in looks))
