# SPDX-License-Identifier: Apache-2.0
"""Judges of data: nothing acknowledged is lost, and a disk that is to be new is new.

May not know: where the server is or how it got there.
"""

from __future__ import annotations

from collections.abc import Iterable

from migration_tests.judges.engine import ServerJudge
from migration_tests.judges.finding import Finding, NotProduced, failed, passed
from migration_tests.judges.story_record import Seen, StoryRecord
from migration_tests.record import words
from migration_tests.record.events import (
    DataRead,
    DiskRead,
    ServerIntroduced,
    WriteResumed,
    WritesAcknowledged,
)

Range = tuple[int, int]  # first and last, both included


def merge(ranges: Iterable[Range]) -> list[Range]:
    """Return the same numbers as sorted ranges that neither touch nor overlap."""
    merged: list[Range] = []
    for first, last in sorted(ranges):
        if merged and first <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(last, merged[-1][1]))
        elif first <= last:
            merged.append((first, last))
    return merged


def subtract(ranges: Iterable[Range], without: Iterable[Range]) -> list[Range]:
    """Return the numbers of `ranges` that are not in `without`, as sorted ranges."""
    left: list[Range] = []
    holes = merge(without)
    for first, last in merge(ranges):
        start = first
        for hole_first, hole_last in holes:
            if hole_last < start or hole_first > last:
                continue
            if hole_first > start:
                left.append((start, hole_first - 1))
            start = hole_last + 1
        if start <= last:
            left.append((start, last))
    return left


def size(ranges: Iterable[Range]) -> int:
    """Return how many numbers there are in ranges that do not overlap."""
    return sum(last - first + 1 for first, last in ranges)


def text(ranges: Iterable[Range], limit: int = 6) -> str:
    """Return ranges for a human: ``3, 7-9, ...``."""
    texts = [str(first) if first == last else f"{first}-{last}" for first, last in ranges]
    return ", ".join(texts[:limit]) + (", ..." if len(texts) > limit else "")


def _writes(record: StoryRecord, server: ServerIntroduced) -> Finding:
    acknowledged = record.all(WritesAcknowledged, server=server.server)
    resumed = record.all(WriteResumed, server=server.server)
    if not acknowledged:
        raise NotProduced("acknowledged write", WritesAcknowledged)
    what = "reading of the data afterwards"
    record.last(DataRead, what, server=server.server, moment=words.STARTED)
    # Read again after the source's clean-up, which must not touch a disk that is in use elsewhere.
    reads = record.all(DataRead, server=server.server, moment=(words.STARTED, words.RECOVERED))
    for read in reads:
        # What was acknowledged after this reading is not in question here.
        ledger = merge(
            [
                *((s.event.first, s.event.last) for s in acknowledged if s.line < read.line),
                *((s.event.number, s.event.number) for s in resumed if s.line < read.line),
            ]
        )
        lost = subtract(ledger, read.event.intact)
        expected = f"all {size(ledger)} acknowledged records ({text(ledger)})"
        if lost:
            share = f"{size(lost)} of {size(ledger)}"
            reason = f"{share} acknowledged records are lost: {_how(read, lost)}."
            lines = [read.line, *(s.line for s in _around(acknowledged, lost))]
            return failed(reason, expected, f"lost: {text(lost)}", *lines)
    found = f"all of them (intact: {text(reads[-1].event.intact)})"
    return passed(expected, found, acknowledged[-1].line, *(s.line for s in reads))


def _how(read: Seen[DataRead], lost: list[Range]) -> str:
    when = " once the source has cleaned up" if read.event.moment == words.RECOVERED else ""
    if not read.event.exists:
        return f"the disk has no record file{when}"
    damaged = [n for n in read.event.damaged if any(a <= n <= b for a, b in lost)]
    among = f" ({len(damaged)} of them damaged)" if damaged else ""
    return f"the disk lacks {text(lost)}{among}{when}"


def _around(
    acknowledged: list[Seen[WritesAcknowledged]], lost: list[Range]
) -> list[Seen[WritesAcknowledged]]:
    """The acknowledgements to point at: those of lost records, else the last one."""
    guilty = [
        seen
        for seen in acknowledged
        if any(a <= seen.event.last and seen.event.first <= b for a, b in lost)
    ]
    return guilty[:20] or acknowledged[-1:]


def _pristine(record: StoryRecord, server: ServerIntroduced) -> Finding:
    what = "reading of the disk "
    after = record.last(
        DiskRead, what + "after the evacuation", server=server.server, moment=words.STARTED
    )
    before = record.last(
        DiskRead, what + "before anything was written", server=server.server, moment=words.BEFORE
    )
    read = record.all(DataRead, server=server.server, moment=words.STARTED)
    lines = [before.line, after.line, *(s.line for s in read)]
    expected = "the disk of the image: nothing of what was written, the image's own files"
    residue = list(after.event.residue)
    if any(s.event.exists for s in read):
        residue.append("the record file")
    if residue:
        reason = f"The disk is not new: it still holds {', '.join(residue)}."
        return failed(reason, expected, ", ".join(residue), *lines)
    if before.event.fingerprint is None or after.event.fingerprint is None:
        raise NotProduced("fingerprint of the disk", DiskRead)
    if before.event.fingerprint != after.event.fingerprint:
        reason = "The disk is not that of the image: the files the image brings differ."
        found = f"fingerprint {after.event.fingerprint}, was {before.event.fingerprint}"
        return failed(reason, expected, found, *lines)
    return passed(expected, f"so it is, fingerprint {after.event.fingerprint}", *lines)


ACKNOWLEDGED_WRITES_PRESENT = ServerJudge(
    name="acknowledged_writes_present",
    question="every acknowledged write is on the disk after the disaster",
    ask=_writes,
    storages=(words.VOLUME, words.SHARED),
    needs=("ssh_answers",),
)
EPHEMERAL_DISK_PRISTINE = ServerJudge(
    name="ephemeral_disk_pristine",
    question="the local disk is the pristine image",
    ask=_pristine,
    storages=(words.EPHEMERAL,),
    needs=("ssh_answers",),
)
