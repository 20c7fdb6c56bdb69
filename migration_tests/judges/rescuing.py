# SPDX-License-Identifier: Apache-2.0
"""Judges of a rescue: another system ran in the server's place, with its disk, and left no trace.

What was written on the disk is the question of `data`, identity and network are those of every
move. May not know: how a rescue system is asked.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from migration_tests.judges.absence import never
from migration_tests.judges.applies import RESCUED
from migration_tests.judges.course import Seen
from migration_tests.judges.deciding import action_of, nova_says, way
from migration_tests.judges.finding import Finding, NotProduced, failed, passed, unclear
from migration_tests.judges.guests import another_guest
from migration_tests.judges.kinds import KINDS, UNRESCUE
from migration_tests.judges.moves import Move
from migration_tests.judges.registry import server_judge
from migration_tests.judges.requests import contradiction
from migration_tests.judges.scenario_record import ScenarioRecord
from migration_tests.record import words
from migration_tests.record.events import (
    AllocationSnapshot,
    AttachedDisk,
    DiskRead,
    HostInspected,
    MoveRequested,
    RequestMade,
    RescueRead,
    ServerAction,
    ServerIntroduced,
    ServerSeen,
    ServerSnapshot,
    SshAnswered,
)

KIB = 1024  # what a guest's list of its disks counts in
# The disk that a partition is on: vda1, nvme0n1p1.
_DISK = re.compile(r"(nvme\d+n\d+|mmcblk\d+|[a-z]+)(?:p?\d+)?")


@server_judge(
    question="the rescue was accepted and the server was shown as rescued",
    group="rescued",
    applies=RESCUED,
    steps=("rescue",),
    evidence=("move.requested", "server.seen"),
)
def rescue_completed(record: ScenarioRecord, server: ServerIntroduced) -> Finding:
    """The server came to RESCUE, with no task left.

    A failure means: the request was refused (its HTTP status stands there), or Nova could not
    start the rescue system, and the server is in error or was never shown as rescued.
    """
    move = _rescue(record, server)
    expected = f"the request is accepted, the server is shown {words.IN_RESCUE}"
    request = move.request
    assert request is not None  # there is no rescue without one
    if not request.event.accepted:
        found = f"HTTP {request.event.http_status}: {request.event.error}"
        reason = f"The cloud refused to rescue the server: {found}."
        return failed(reason, expected, found, request.line)
    odd = contradiction(request.event)
    if odd:
        return unclear(f"The request contradicts itself: {odd}.", expected, odd, request.line)
    if move.arrival:
        return passed(expected, words.IN_RESCUE, request.line, move.arrival.line)
    why, lines = _why(record, server)
    lines = [request.line, *(seen.line for seen in move.records), *lines]
    if move.status in words.FAILED_MIGRATION:
        return failed(f"The rescue ended in error{why}.", expected, words.ERROR, *lines)
    seen = [one for one in record.all(ServerSeen, server=server.server) if one.t >= request.t]
    found = ", ".join(dict.fromkeys(_shown(one) for one in seen)) or "no change"
    return never(
        record,
        KINDS[words.RESCUE].step,
        ServerSeen,
        f"The rescue was accepted, and the server was never shown as rescued{why}.",
        expected=expected,
        found=found,
        lines=[*lines, *(one.line for one in seen)],
    )


def _rescue(record: ScenarioRecord, server: ServerIntroduced) -> Move:
    found = [move for move in record.moves(server) if move.kind == words.RESCUE]
    if not found:
        raise NotProduced("request to rescue the server", MoveRequested)
    return found[-1]


def _shown(seen: Seen[ServerSeen]) -> str:
    task = seen.event.task_state
    return f"{seen.event.status} ({task})" if task else seen.event.status


def _why(record: ScenarioRecord, server: ServerIntroduced) -> tuple[str, list[int]]:
    """What Nova itself says of the rescue, if it was recorded."""
    for action in record.all(ServerAction, server=server.server, action=words.RESCUE)[-1:]:
        if action.event.message:
            return f"; Nova says: {action.event.message}", [action.line]
    return "", []


@server_judge(
    question="a rescue system answers over SSH at the server's address, on a disk of its own",
    group="rescued",
    applies=RESCUED,
    needs=("rescue_completed",),
    evidence=("server.ssh:before", "server.ssh:rescued", "rescue.read"),
)
def rescue_answers(record: ScenarioRecord, server: ServerIntroduced) -> Finding:
    """The login of the server leads to another system than before, which runs on another disk.

    A failure means: whoever rescues the server cannot get into the rescue system, or gets into
    the server itself, whose disk cannot be mended while it runs from it.
    """
    before = record.look_before(SshAnswered, "login before", server=server.server)
    login = record.last(
        SshAnswered, "login to the rescue system", server=server.server, moment=words.RESCUED
    )
    expected = f"another system answers at {before.event.address}, on a disk of its own"
    lines = [before.line, login.line]
    if not login.event.answered:
        reason = f"The rescue system at {login.event.address} does not answer over SSH: "
        found = login.event.error or "no answer"
        return failed(f"{reason}{found}.", expected, found, *lines)
    arrival = _rescue(record, server).arrival
    early = arrival is None or login.line < arrival.line
    if early or login.event.address != before.event.address:
        reason = f"It was asked at {login.event.address}, " + (
            "before the server was rescued." if early else "not at the server's address."
        )
        return unclear(reason, expected, f"{login.event.address} answers", *lines)
    if before.event.boot_id and login.event.boot_id == before.event.boot_id:
        reason = "The system that answers never went down: it is the server itself."
        return failed(reason, expected, f"boot ID {login.event.boot_id} as before", *lines)
    read = record.last(
        RescueRead, "look of the rescue system at its disks", server=server.server
    )
    lines.append(read.line)
    found = f"boot ID {login.event.boot_id}, on {read.event.root}"
    if read.event.root_mark:
        whose = "the server's own" if read.event.root_mark == server.server else "another server's"
        reason = f"The system that answers runs on {whose} disk."
        return failed(reason, expected, f"{read.event.root} is {whose}", *lines)
    doubt = another_guest(record, login)
    if doubt or not read.event.root or read.line < login.line:
        reason = doubt or "Which disk the rescue system runs on was not learned."
        return unclear(reason, expected, found, *lines)
    return passed(expected, found, *lines)


@server_judge(
    question="the rescue system has the server's own disk as another disk, whole",
    group="rescued",
    applies=RESCUED,
    needs=("rescue_answers",),
    evidence=("rescue.read", "disk.read:before"),
)
def rescue_disk_attached(record: ScenarioRecord, server: ServerIntroduced) -> Finding:
    """On one other disk is the mark that only this server's disk has, and it has its old size.

    A failure means: the server's data cannot be reached from the rescue system, which is what a
    rescue is for, or those of another server can.
    """
    read = record.last(
        RescueRead, "look of the rescue system at its disks", server=server.server
    )
    before = record.look_before(DiskRead, "reading of the disk before", server=server.server)
    lines = [before.line, read.line]
    expected = f"one other disk, with the mark {server.server}"
    root = _disk_of(read.event.root or "")
    disks: dict[str, list[AttachedDisk]] = {}
    for disk in read.event.disks:
        if _disk_of(disk.device) != root:
            disks.setdefault(_disk_of(disk.device), []).append(disk)
    found = "; ".join(_text(disk) for parts in disks.values() for disk in parts) or "no other disk"
    own = [name for name, parts in disks.items() if any(p.mark == server.server for p in parts)]
    if not own:
        for name, parts in disks.items():
            if all(part.mark is None for part in parts):
                reason = f"Whose disk {name} is was not learned: it could not be mounted."
                return unclear(reason, expected, found, *lines)
        strange = [part.mark for parts in disks.values() for part in parts if part.mark]
        reason = (
            f"The rescue system has the disk of the server {strange[0]}, and not its own server's."
            if strange
            else "The rescue system does not have the server's disk."
        )
        return failed(reason, expected, found, *lines)
    if len(own) > 1:
        reason = f"The rescue system has the server's disk more than once: {', '.join(own)}."
        return failed(reason, expected, found, *lines)
    if before.event.size is None:
        raise NotProduced("size of the root disk before", DiskRead, moment=words.BEFORE)
    size = max(part.size for part in disks[own[0]])
    if abs(size - before.event.size) >= KIB:
        reason = f"The server's disk has {size} bytes there, and had {before.event.size}."
        return failed(reason, f"{before.event.size} bytes", f"{size} bytes", *lines)
    return passed(expected, found, *lines)


def _disk_of(device: str) -> str:
    """Return the disk that a device is, or is a partition of."""
    found = _DISK.fullmatch(device)
    return found[1] if found else device


def _text(disk: AttachedDisk) -> str:
    mark = "that could not be mounted" if disk.mark is None else f"with {disk.mark or 'no mark'}"
    return f"{disk.device} of {disk.size} bytes {mark}"


@server_judge(
    question="unrescuing brings the server back as it ran before",
    group="rescued",
    applies=RESCUED,
    needs=("rescue_completed",),
    excused_by=("id_kept",),
    steps=("unrescue",),
    evidence=("server.request", "server.seen", "server.action", "server.snapshot:running"),
)
def unrescue_completed(record: ScenarioRecord, server: ServerIntroduced) -> Finding:
    """It is ACTIVE once that was asked for, and not before, and stays so.

    A failure means: the cloud refused to unrescue the server, or did not bring it to run again.
    """
    expected = "the server is RESCUE until it is asked for, and ACTIVE from then on"
    arrival = _rescue(record, server).arrival
    assert arrival is not None  # it was shown as rescued
    of = {"server": server.server}
    requests = [one for one in record.all(RequestMade, request="unrescue", **of)]
    if not requests:
        raise NotProduced("request to unrescue the server", RequestMade)
    request = requests[-1]
    if not request.event.accepted:
        found = f"HTTP {request.event.http_status}: {request.event.error}"
        reason = f"The cloud refused to unrescue the server: {found}."
        return failed(reason, expected, found, request.line)
    odd = contradiction(request.event)
    if odd:
        return unclear(f"The request contradicts itself: {odd}.", expected, odd, request.line)
    seen = [one for one in record.all(ServerSeen, **of) if one.line > arrival.line]
    for early in (one for one in seen if one.line < request.line):
        if early.event.status != words.IN_RESCUE:
            found = _shown(early)
            reason = f"The server was {found} before it was asked for to unrescue it."
            return failed(reason, expected, found, early.line, request.line)
    asked = (one.line for one in record.all(RequestMade, **of) if one.line > request.line)
    end = min(asked, default=float("inf"))
    later = [one for one in seen if request.line < one.line < end]
    back = [one for one in later if _shown(one) == words.ACTIVE]
    course = ", ".join(_shown(one) for one in later) or "no change"
    if not back:
        why, lines = nova_says(record, server, UNRESCUE)
        return never(
            record,
            "unrescue",
            ServerSeen,
            f"The server did not come back from its rescue: {course}{why}.",
            expected=expected,
            found=course,
            lines=[request.line, *(one.line for one in later), *lines],
        )
    shot = record.last(
        ServerSnapshot, "snapshot of the server once it runs", moment=words.RUNNING, **of
    )
    action = action_of(record, server, UNRESCUE)
    lines = [arrival.line, request.line, back[0].line, shot.line, action.line]
    if (shot.event.status, shot.event.task_state) != (words.ACTIVE, None):
        found = f"{shot.event.status}, task state {shot.event.task_state!r}"
        reason = f"The server that was unrescued is {found}."
        return failed(reason, expected, found, *lines)
    return way(action, UNRESCUE, lines, expected, course)


@server_judge(
    question="nothing is left of the rescue: no allocation, no disk of the rescue system",
    group="rescued",
    applies=RESCUED,
    needs=("unrescue_completed", "landed_elsewhere"),
    evidence=(
        *("allocation.snapshot:before", "allocation.snapshot"),
        *("host.inspected:before", "host.inspected"),
    ),
)
def rescue_left_nothing(record: ScenarioRecord, server: ServerIntroduced) -> Finding:
    """The server holds in Placement what it held before, at each look, and has the same files.

    Files on storage that all hosts see are not looked at. A failure means: each rescue takes
    room that nobody gives back.
    """
    expected = "allocations and disk files as before"
    before = record.look_before(
        AllocationSnapshot, "look at the allocations before", server=server.server
    )
    looks = record.looks(
        AllocationSnapshot, "look at the allocations after the rescue", server=server.server
    )
    lines = [before.line, *(look.line for look in looks)]
    if not any(before.event.by_host.values()):
        reason = "The server held nothing in Placement before."
        return failed(reason, expected, "no allocation", before.line)
    was = before.event.by_host, before.event.by_move
    for look in looks:
        if (look.event.by_host, look.event.by_move) != was:
            found = f"{look.event.by_host} {look.event.by_move or ''}".strip()
            reason = f"The server held {was[0]} before and holds {found} at the look {_at(look)}."
            return failed(reason, expected, found, before.line, look.line)
    host = record.destination(server)
    earlier = record.look_before(HostInspected, f"look at {host} before", host=host)
    last = record.last_look(HostInspected, f"look at {host} afterwards", host=host)
    lines += [earlier.line, last.line]
    former, now = (list(_disks(look, server)) for look in (earlier, last))
    if former != now:
        more = ", ".join(path for path in now if path not in former)
        reason = (
            f"On {host} the rescue has left {more}."
            if more
            else f"On {host} the server has lost {', '.join(set(former) - set(now))}."
        )
        return failed(reason, expected, ", ".join(now) or "no disk", *lines)
    return passed(expected, f"as before: {', '.join(now) or 'no disk of its own'}", *lines)


def _at(look: Seen[AllocationSnapshot]) -> str:
    return f"{look.event.moment!r}"


def _disks(look: Seen[HostInspected], server: ServerIntroduced) -> Iterator[str]:
    if look.event.disks is None:
        raise NotProduced(f"list of the disks on {look.event.host}", HostInspected)
    found: Sequence[tuple[str, str]] = look.event.disks
    yield from sorted(path for owner, path in found if owner == server.server)
