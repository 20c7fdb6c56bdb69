# SPDX-License-Identifier: Apache-2.0
"""Judges of data: nothing acknowledged is lost, and a disk that is to be new is new.

May not know: where the server is or how it got there.
"""

from __future__ import annotations

from itertools import pairwise

from migration_tests.judges.applies import DATA_KEPT, DISK_PRISTINE
from migration_tests.judges.course import Seen
from migration_tests.judges.finding import Finding, NotProduced, failed, passed, unclear
from migration_tests.judges.ranges import Range, merge, size, subtract, text
from migration_tests.judges.registry import server_judge
from migration_tests.judges.scenario_record import ScenarioRecord
from migration_tests.record import words
from migration_tests.record.events import (
    DataRead,
    DiskRead,
    RescueRead,
    ServerIntroduced,
    WriterEnded,
    WriteResumed,
    WriterStarted,
    WritesAcknowledged,
)

LEDGER = ("writer.acknowledged", "writer.ended")


@server_judge(
    question="every acknowledged write is on the disk after the move",
    group="data_kept",
    applies=DATA_KEPT,
    needs=("ssh_answers",),
    evidence=(*LEDGER, "data.read:running"),
)
def acknowledged_writes_present(record: ScenarioRecord, server: ServerIntroduced) -> Finding:
    """Each reading after the move holds all that was acknowledged before it.

    A failure means: the storage lost or damaged data that it had acknowledged; the numbers
    stand there.
    """
    acknowledged = ledger(record, server)
    reads = readings(record, server)
    resumed = record.all(WriteResumed, server=server.server)
    end = record.arrived(server).t_end or 0.0
    gap = hole(record, server, acknowledged)
    if gap:
        reason = f"The ledger of acknowledged writes has holes: {gap}; they may be lost."
        return unclear(reason, "every number acknowledged once", gap, acknowledged[-1].line)
    for read in reads:
        # What was acknowledged after this reading is not in question here; what was after the
        # move is the question of another judge, once the server was rebooted.
        earlier = [s for s in acknowledged if s.line < read.line]
        later = [s for s in resumed if s.line < read.line]
        if read.event.moment == words.REBOOTED:
            earlier, later = [s for s in earlier if s.t <= end], []
        numbers = merge(
            [
                *((s.event.first, s.event.last) for s in earlier),
                *((s.event.number, s.event.number) for s in later),
            ]
        )
        lost = subtract(numbers, intact(read))
        expected = f"all {size(numbers)} acknowledged records ({text(numbers)})"
        if lost:
            share = f"{size(lost)} of {size(numbers)}"
            reason = f"{share} acknowledged records are lost: {how(read, lost)}."
            lines = [read.line, *(s.line for s in _around(acknowledged, lost))]
            return failed(reason, expected, f"lost: {text(lost)}", *lines)
    # Only once no reading lacks anything: what is lost is lost whatever else was read.
    for read in reads:
        odd = too_many(read, acknowledged, resumed)
        if odd:
            return unclear(odd, expected, f"intact: {text(read.event.intact)}", read.line)
    found = f"all of them (intact: {text(reads[-1].event.intact)})"
    return passed(expected, found, *_proof(record, server, acknowledged), *(s.line for s in reads))


def ledger(record: ScenarioRecord, server: ServerIntroduced) -> list[Seen[WritesAcknowledged]]:
    """Return what a server has acknowledged, if its ledger is whole.

    :raises NotProduced: when nothing was acknowledged, or the ledger was never closed
    """
    acknowledged = record.all(WritesAcknowledged, server=server.server)
    if not acknowledged:
        raise NotProduced("acknowledged write", WritesAcknowledged)
    ended = record.last(WriterEnded, "end of the ledger of writes", server=server.server)
    late = [one for one in acknowledged if one.line > ended.line]
    lost = record.lost((WritesAcknowledged.kind,), server.server)
    highest = ended.event.last
    missing = highest is None and record.planned("writer.ended:last")
    missing |= highest not in (None, max(one.event.last for one in acknowledged))
    if late or lost or missing:
        raise NotProduced("complete ledger of writes", WriterEnded, WritesAcknowledged)
    return acknowledged


def readings(record: ScenarioRecord, server: ServerIntroduced) -> list[Seen[DataRead]]:
    """Return all readings of a server's records after the move, the planned ones among them."""
    what = "reading of the data afterwards"
    record.last(DataRead, what, server=server.server, moment=words.RUNNING)
    # Where a rescue system has the disk; whether it has is the question of another judge.
    rescues = record.all(RescueRead, server=server.server)
    if any(disk.mark == server.server for one in rescues for disk in one.event.disks):
        record.last(DataRead, what, server=server.server, moment=words.RESCUED)
    # Read again after the source's clean-up, which must not touch a disk that is in use elsewhere.
    if record.due(DataRead, words.RETURNED):
        record.last(DataRead, what, server=server.server, moment=words.RETURNED)
    return [
        seen
        for seen in record.all(DataRead, server=server.server)
        if seen.event.moment != words.BEFORE
    ]


def intact(read: Seen[DataRead]) -> list[Range]:
    """Return the numbers that a reading found with a good checksum."""
    return merge(read.event.intact) if read.event.exists else []


def hole(
    record: ScenarioRecord, server: ServerIntroduced, acknowledged: list[Seen[WritesAcknowledged]]
) -> str:
    """Return where a ledger does not go on by one, as text: each writer counts without holes."""
    starts = [seen.line for seen in record.all(WriterStarted, server=server.server)]
    if acknowledged and acknowledged[0].event.first != 1:
        return f"its first number is {acknowledged[0].event.first}"
    for former, later in pairwise(acknowledged):
        another = any(former.line < start < later.line for start in starts)
        if not another and later.event.first != former.event.last + 1:
            return f"{later.event.first} follows {former.event.last}"
    for one in acknowledged:
        if one.event.last < one.event.first:
            return f"{one.event.first} to {one.event.last}"
    return ""


def _proof(
    record: ScenarioRecord, server: ServerIntroduced, acknowledged: list[Seen[WritesAcknowledged]]
) -> list[int]:
    ended = record.all(WriterEnded, server=server.server)
    return [acknowledged[0].line, acknowledged[-1].line, ended[-1].line]


def too_many(
    read: Seen[DataRead],
    acknowledged: list[Seen[WritesAcknowledged]],
    resumed: list[Seen[WriteResumed]],
) -> str:
    """Say why a reading cannot be one of a server's disk: it has records that nobody wrote.

    The next record that is written continues with the number after the highest that was read.

    :param acknowledged: what was written to this disk by its writer
    :param resumed: and after the move
    """
    if any(seen.line > read.line for seen in acknowledged):
        return ""  # it was writing while it was read
    following = [seen.event.number for seen in resumed if seen.line > read.line]
    highest = max([last for _, last in read.event.intact] + list(read.event.damaged), default=0)
    if following and highest >= following[0]:
        return f"The record {highest} was read before it was written."
    known = [seen.event.last for seen in acknowledged] + [seen.event.number for seen in resumed]
    if resumed and not following and highest > max(known):
        return f"The record {highest} was read, and nobody wrote it."
    return ""


def how(read: Seen[DataRead], lost: list[Range]) -> str:
    """Return in which way records are lost."""
    when = {
        words.RETURNED: " once the source has cleaned up",
        words.REBOOTED: " after a hard reboot",
        words.RESCUED: " as its rescue system reads it",
    }.get(read.event.moment, "")
    if not read.event.exists:
        return f"the disk has no record file{when}"
    damaged = [n for n in read.event.damaged if any(a <= n <= b for a, b in lost)]
    among = f" ({len(damaged)} of them damaged)" if damaged else ""
    return f"the disk lacks {text(lost)}{among}{when}"


def _around(
    acknowledged: list[Seen[WritesAcknowledged]], lost: list[Range]
) -> list[Seen[WritesAcknowledged]]:
    """The acknowledgements to point at: those of lost records, else the last one."""
    theirs = [
        seen
        for seen in acknowledged
        if any(a <= seen.event.last and seen.event.first <= b for a, b in lost)
    ]
    return theirs[:20] or acknowledged[-1:]


@server_judge(
    question="the local disk is the pristine image",
    group="disk_pristine",
    applies=DISK_PRISTINE,
    needs=("ssh_answers",),
    evidence=("disk.read:before", "disk.read:running", "data.read:running"),
)
def ephemeral_disk_pristine(record: ScenarioRecord, server: ServerIntroduced) -> Finding:
    """It holds the image's own files, and nothing that the old disk held.

    A failure means: the disk is not new, or not that of the image.
    """
    what = "reading of the disk"
    after = record.last(
        DiskRead, f"{what} after the move", server=server.server, moment=words.RUNNING
    )
    before = record.look_before(
        DiskRead, f"{what} before anything was written", server=server.server
    )
    read = record.last(
        DataRead, "reading of the data afterwards", server=server.server, moment=words.RUNNING
    )
    lines = [before.line, after.line, read.line]
    expected = "the disk of the image: nothing of what was written, the image's own files"
    if before.event.residue:
        found = ", ".join(before.event.residue)
        reason = f"The disk held what the suite writes before anything was written: {found}."
        return unclear(reason, expected, found, *lines)
    residue = list(after.event.residue)
    if read.event.exists or read.event.intact:
        residue.append("the record file")
    if residue:
        reason = f"The disk is not new: it still holds {', '.join(residue)}."
        return failed(reason, expected, ", ".join(residue), *lines)
    if not before.event.fingerprint or not after.event.fingerprint:
        raise NotProduced("fingerprint of the disk", DiskRead)
    if before.event.fingerprint != after.event.fingerprint:
        reason = "The disk is not that of the image: the files the image brings differ."
        found = f"fingerprint {after.event.fingerprint}, was {before.event.fingerprint}"
        return failed(reason, expected, found, *lines)
    return passed(expected, f"so it is, fingerprint {after.event.fingerprint}", *lines)
