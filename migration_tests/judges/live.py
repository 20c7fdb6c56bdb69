# SPDX-License-Identifier: Apache-2.0
"""Judges of moves in which the server must run on: it was not rebooted, it was away but briefly.

May not know: how the move was done.
"""

from __future__ import annotations

from migration_tests.judges import gaps
from migration_tests.judges.applies import GAP_LIMITED, MEMORY_KEPT
from migration_tests.judges.course import Seen
from migration_tests.judges.data import hole
from migration_tests.judges.finding import Finding, NotProduced, failed, passed, unclear
from migration_tests.judges.gaps import ms
from migration_tests.judges.moves import Move
from migration_tests.judges.registry import server_judge
from migration_tests.judges.scenario_record import ScenarioRecord
from migration_tests.record import words
from migration_tests.record.events import (
    MigrationSeen,
    MoveRequested,
    ProbeReport,
    ServerIntroduced,
    SshAnswered,
    WriterEnded,
    WriterStarted,
    WritesAcknowledged,
)


@server_judge(
    question="the server ran on through its move: it was not rebooted and its writer went on",
    group="live",
    applies=MEMORY_KEPT,
    needs=("migration_completed", "ssh_answers"),
    evidence=("server.ssh:before", "server.ssh:running", "writer.started", "writer.acknowledged"),
)
def not_rebooted(record: ScenarioRecord, server: ServerIntroduced) -> Finding:
    """The boot ID is the same, and a write was acknowledged over the connection of before.

    A failure means: the guest was started anew, or what ran in it did not go on: the move was
    no live one.
    """
    before = record.look_before(SshAnswered, "login before", server=server.server)
    login = record.last(
        SshAnswered, "login after the move", server=server.server, moment=words.RUNNING
    )
    expected = f"boot ID {before.event.boot_id}, and writes that go on after the move"
    lines = [before.line, login.line]
    if not before.event.boot_id or not login.event.boot_id:
        return unclear("The guest's boot ID was not learned.", expected, "none", *lines)
    if before.event.boot_id != login.event.boot_id:
        reason = "The server was rebooted: it has another boot ID than before the move."
        return failed(reason, expected, f"boot ID {login.event.boot_id}", *lines)
    end = record.arrived(server).t_end
    if end is None:
        raise NotProduced("end of the move", MigrationSeen)
    started = record.last(WriterStarted, "start of the writer", server=server.server)
    lines.append(started.line)
    if started.t > end:
        reason = "The writer was started after the move only."
        return unclear(reason, expected, "a later writer", *lines)
    ended = [s for s in record.all(WriterEnded, server=server.server) if s.line > started.line]
    later = [
        s
        for s in record.all(WritesAcknowledged, server=server.server)
        if s.t > end and (not ended or s.line < ended[0].line)
    ]
    gap = hole(record, server, record.all(WritesAcknowledged, server=server.server))
    if gap:
        reason = f"The ledger of acknowledged writes has holes: {gap}."
        return unclear(reason, expected, gap, *lines)
    if not later:
        why = f": {ended[0].event.reason}" if ended else ""
        reason = f"The server was not rebooted, but its writer did not go on after the move{why}."
        return failed(reason, expected, "no later write", *lines, *(s.line for s in ended[:1]))
    found = f"boot ID {login.event.boot_id}, record {later[0].event.first} after the move"
    return passed(expected, found, *lines, later[0].line)


@server_judge(
    question="the server was without an answer no longer than it may be in such a move",
    group="live",
    applies=GAP_LIMITED,
    needs=("migration_completed",),
    excused_by=("not_rebooted", "port_bound", "ssh_answers", "fixed_ip_kept", "floating_ip_kept"),
    evidence=("probe.report",),
)
def gap_within_limit(record: ScenarioRecord, server: ServerIntroduced) -> Finding:
    """The longest gap of the probe while it was moved keeps to the limit that is set.

    A failure means: the move stops the guest, or its network follows, for longer than the
    option allows.
    """
    seen = record.last(ProbeReport, "report of the probe", server=server.server)
    names = [one.gap_limit for one in server.expected if one.gap_limit]
    another = gaps.another_limit(record, seen.event, names)
    if another:
        return unclear(another, "a probe with the limit of the plan", "another", seen.line)
    found: Finding | None = None
    for move in record.moves(server):
        if move.expected.gap_limit:
            found = _gap(record, move, seen)
            if found.outcome != "pass":
                return found
    if found is None:
        raise NotProduced("move whose gap is limited", MoveRequested)
    return found


def _gap(record: ScenarioRecord, move: Move, seen: Seen[ProbeReport]) -> Finding:
    name = move.expected.gap_limit
    limit = record.plan.limits.get(name) if record.plan else None
    if limit is None:
        raise NotProduced(f"value of the option {name}")
    span = gaps.span(move)
    if span is None:
        raise NotProduced("end of the move", MigrationSeen)
    begin, end = span
    longest = gaps.longest(seen.event, begin, end)
    expected, found = f"no gap longer than {ms(limit)} ({name})", str(longest)
    lines = [seen.line, *(one.line for one in (move.request, move.arrival) if one)]
    doubt = gaps.doubt(seen, begin, end - gaps.AFTERWARDS)
    if doubt:
        return unclear(doubt, expected, found, *lines)
    if longest.shortest > limit:
        reason = f"The server was without an answer for {ms(longest.length)}."
        return failed(reason, expected, found, *lines)
    if longest.longest > limit:
        reason = "The longest gap is about as long as allowed, within the error of the probe."
        return unclear(reason, expected, found, *lines)
    return passed(expected, found, *lines)
