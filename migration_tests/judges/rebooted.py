# SPDX-License-Identifier: Apache-2.0
"""Judges of the very end: a moved server comes back from a hard reboot, with all its data.

May not know: where it is, what its disks are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from migration_tests.judges.absence import never
from migration_tests.judges.applies import DATA_KEPT, MOVED
from migration_tests.judges.course import Seen
from migration_tests.judges.data import hole, how, intact, ledger, too_many
from migration_tests.judges.finding import Finding, NotProduced, failed, passed, unclear
from migration_tests.judges.guests import another_guest
from migration_tests.judges.ranges import Range, merge, size, subtract, text
from migration_tests.judges.registry import server_judge
from migration_tests.judges.requests import contradiction
from migration_tests.judges.scenario_record import ScenarioRecord
from migration_tests.record import words
from migration_tests.record.events import (
    DataRead,
    RequestMade,
    ServerIntroduced,
    ServerSeen,
    SshAnswered,
    WriterEnded,
    WriteResumed,
    WritesAcknowledged,
)

REBOOTED = "ACTIVE after a hard reboot, SSH answers with a new boot ID"


@server_judge(
    question="the moved server comes back from a hard reboot",
    group="rebooted",
    applies=MOVED,
    needs=("ssh_answers",),
    excused_by=("disk_in_place", "volume_attached_once", "port_bound"),
    steps=("hard_reboot",),
    evidence=("server.request", "server.ssh:running", "server.ssh:rebooted"),
)
def hard_reboot_survived(record: ScenarioRecord, server: ServerIntroduced) -> Finding:
    """It is ACTIVE again and answers over SSH, with a new boot ID.

    A failure means: Nova cannot start the server again where it is now: its volumes, its disk
    or its network were not moved as they should.
    """
    return back_from_reboot(record, server, words.RUNNING, lambda: record.destination(server))


def back_from_reboot(
    record: ScenarioRecord,
    server: ServerIntroduced,
    earlier: str,
    place: Callable[[], str | None],
) -> Finding:
    """Say whether a server came back from its last hard reboot.

    :param earlier: moment of the login before, one of ``words.MOMENTS``
    :param place: returns the host where it must run then
    :raises NotProduced: when it was not asked for, or nobody logged in
    """
    request, refused = _request(record, server)
    if refused:
        return refused
    before = record.last(
        SshAnswered, "login before the reboot", server=server.server, moment=earlier
    )
    logins = record.all(SshAnswered, server=server.server, moment=words.REBOOTED)
    if not logins:
        return _not_logged_in(record, server, request)
    return _logged_in(record, server, (request, before, logins[-1]), place)


def _logged_in(
    record: ScenarioRecord,
    server: ServerIntroduced,
    course: tuple[Seen[RequestMade], Seen[SshAnswered], Seen[SshAnswered]],
    place: Callable[[], str | None],
) -> Finding:
    """Say what a login after the reboot shows.

    :param course: the request, the login before it and the one after it
    """
    request, before, login = course
    seen = record.last(ServerSeen, "look at the server", server=server.server)
    lines = [request.line, before.line, login.line, seen.line]
    status = seen.event.status
    if not login.event.answered:
        reason = f"After a hard reboot SSH does not answer: {login.event.error}; it is {status}."
        return failed(reason, REBOOTED, f"{status}, {login.event.error}", *lines)
    found = f"{status}, boot ID {login.event.boot_id}"
    for doubt in _doubts(record, request, before, login):
        return unclear(doubt, REBOOTED, found, *lines)
    if login.event.boot_id == before.event.boot_id:
        reason = "The server has the boot ID it had before: it was not rebooted."
        return failed(reason, REBOOTED, found, *lines)
    if (status, seen.event.task_state, seen.event.host) != ("ACTIVE", None, place()):
        found = f"{status} on {seen.event.host}, task state {seen.event.task_state!r}"
        return failed(f"After a hard reboot the server is {found}.", REBOOTED, found, *lines)
    return passed(REBOOTED, found, *lines)


def _request(
    record: ScenarioRecord, server: ServerIntroduced
) -> tuple[Seen[RequestMade], Finding | None]:
    """Return the last request, and what is to be said if it was not accepted."""
    requests = record.all(RequestMade, server=server.server, request="hard_reboot")
    if not requests:
        raise NotProduced("request for a hard reboot", RequestMade)
    request = requests[-1]
    if not request.event.accepted:
        found = f"HTTP {request.event.http_status}: {request.event.error}"
        reason = f"The cloud refused to reboot the server: {found}."
        return request, failed(reason, REBOOTED, found, request.line)
    odd = contradiction(request.event)
    if odd:
        reason = f"The request contradicts itself: {odd}."
        return request, unclear(reason, REBOOTED, odd, request.line)
    return request, None


def _not_logged_in(
    record: ScenarioRecord, server: ServerIntroduced, request: Seen[RequestMade]
) -> Finding:
    """Say why nobody logged in: only a server that is ACTIVE again in its time is asked."""
    phases = [phase for phase in record.phases if phase.step == "hard_reboot"]
    ends = [record.end_of(phase) for phase in phases]
    looks = [
        seen
        for seen in record.all(ServerSeen, server=server.server)
        if seen.t > request.t and seen.t <= max(ends, default=float("inf"))
    ]
    for seen in looks[-1:]:
        status, task = seen.event.status, seen.event.task_state
        if (status, task) != (words.ACTIVE, None):
            found = status if task is None else f"{status}, task state {task!r}"
            return never(
                record,
                "hard_reboot",
                SshAnswered,
                f"After a hard reboot the server does not come to run again: it is {found}.",
                expected=REBOOTED,
                found=found,
                lines=[request.line, seen.line],
            )
    raise NotProduced("login after the reboot", SshAnswered, moment=words.REBOOTED)


def _doubts(
    record: ScenarioRecord,
    request: Seen[RequestMade],
    before: Seen[SshAnswered],
    login: Seen[SshAnswered],
) -> Iterator[str]:
    """Yield why it was not learned whether the guest booted anew."""
    if login.line < request.line:
        yield "The server was not logged in to after the reboot."
    if login.event.address != before.event.address:
        yield f"The server was asked at {login.event.address}, not at its old address."
    doubt = another_guest(record, login)
    if doubt:
        yield doubt


@server_judge(
    question="every write acknowledged after the move is there to the end",
    group="rebooted",
    applies=MOVED,
    needs=("hard_reboot_survived",),
    excused_by=("acknowledged_writes_present",),
    evidence=("data.read:rebooted", "writer.resumed"),
)
def later_writes_present(record: ScenarioRecord, server: ServerIntroduced) -> Finding:
    """What was acknowledged on the new host is read at every later reading, the last included.

    A failure means: what was written after the move went to a place that the server does not
    find again.
    """
    resumed = record.all(WriteResumed, server=server.server)
    if not resumed:
        raise NotProduced("write acknowledged after the move", WriteResumed)
    end = record.arrived(server).t_end or 0.0
    acknowledged = record.all(WritesAcknowledged, server=server.server)
    if any(seen.t > end for seen in record.all(WriterEnded, server=server.server)):
        acknowledged = ledger(record, server)
    later = [seen for seen in acknowledged if seen.t > end]
    written: list[tuple[int, Range]] = [
        *((seen.line, (seen.event.number, seen.event.number)) for seen in resumed),
        *((seen.line, (seen.event.first, seen.event.last)) for seen in later),
    ]
    what = "reading of the data after the reboot"
    last = record.last(DataRead, what, server=server.server, moment=words.REBOOTED)
    reads = [read for read in record.all(DataRead, server=server.server) if read.line <= last.line]
    lines = [line for line, _ in written]
    every = merge(numbers for _, numbers in written)
    expected = f"all {size(every)} records acknowledged after the move ({text(every)})"
    for read in reads:
        due = merge(numbers for line, numbers in written if line < read.line)
        lost = subtract(due, intact(read))
        if lost:
            share = f"{size(lost)} of {size(due)}"
            reason = f"{share} records acknowledged after the move are lost: {how(read, lost)}."
            return failed(reason, expected, f"lost: {text(lost)}", read.line, *lines)
    for doubt in _doubts_of_writes(record, server, (acknowledged, later), resumed, reads):
        return unclear(doubt, expected, f"intact: {text(intact(last))}", *lines)
    used = [read.line for read in reads if read.line > min(lines)]
    return passed(expected, f"all of them (intact: {text(intact(last))})", *lines, *used)


def _doubts_of_writes(
    record: ScenarioRecord,
    server: ServerIntroduced,
    acknowledged: tuple[list[Seen[WritesAcknowledged]], list[Seen[WritesAcknowledged]]],
    resumed: list[Seen[WriteResumed]],
    reads: list[Seen[DataRead]],
) -> Iterator[str]:
    """Yield why it is not known what was acknowledged after the move, or on which disk it is.

    :param acknowledged: what the writer wrote at all, and what of that after the move
    """
    ever, later = acknowledged
    gap = hole(record, server, ever) if later else ""
    if gap:
        yield f"The ledger of acknowledged writes has holes: {gap}."
    first = resumed[0].event.number
    if DATA_KEPT(server):
        # Each record has a number of its own, and they count on.
        earlier = [seen.event.last for seen in ever if seen.line < resumed[0].line]
        if max(earlier, default=0) >= first:
            yield f"The record {first} was written after the move, and before it, too."
        return
    after = [read for read in reads if read.line > resumed[0].line]
    for read in after:
        odd = too_many(read, later, resumed)
        if odd:
            yield odd
