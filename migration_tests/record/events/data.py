# SPDX-License-Identifier: Apache-2.0
"""Events of what servers write and what is read back. May not know: what must be there."""

from __future__ import annotations

from dataclasses import dataclass

from migration_tests.record.event import Event


@dataclass(frozen=True, kw_only=True)
class WriterStarted(Event):
    """The guest's writer runs; acknowledgements follow."""

    kind = "writer.started"
    unread = {"path": "where to look by hand"}  # noqa: RUF012
    server: str
    path: str  # the record file in the guest


@dataclass(frozen=True, kw_only=True)
class WritesAcknowledged(Event):
    """Records first..last (both included) were fsynced by the guest and acknowledged to us.

    Ranges may be as long as a flush of the ledger, about a second; each number is acknowledged
    once. The ledger's last lines are written when the connection ends.
    """

    kind = "writer.acknowledged"
    server: str
    first: int
    last: int


@dataclass(frozen=True, kw_only=True)
class WriterEnded(Event):
    """The writer's connection is gone; no acknowledgement follows. Closes the ledger."""

    kind = "writer.ended"
    unread = {"reason": "for people"}  # noqa: RUF012
    server: str
    reason: str
    last: int | None = None  # the highest number acknowledged; None: a record that does not tell


@dataclass(frozen=True, kw_only=True)
class DataRead(Event):
    """The record file was read back whole and every record's checksum tried."""

    kind = "data.read"
    server: str
    moment: str
    intact: tuple[tuple[int, int], ...]  # ranges (first, last) of numbers with a good checksum
    damaged: tuple[int, ...] = ()  # numbers (or positions, negative) that do not fit
    exists: bool = True  # False: there is no record file


@dataclass(frozen=True, kw_only=True)
class DiskRead(Event):
    """What tells a used root disk from the image it was made from.

    Taken with moment BEFORE *before anything is written*, and again after the move.
    """

    kind = "disk.read"
    server: str
    moment: str
    fingerprint: str | None  # digest of files that only the image brings; None: not taken
    residue: tuple[str, ...] = ()  # paths the suite itself had written and that are there
    size: int | None = None  # bytes of the disk that the root file system lies on; None: unknown


@dataclass(frozen=True, kw_only=True)
class WriteResumed(Event):
    """The first new record after the move was acknowledged."""

    kind = "writer.resumed"
    server: str
    number: int


@dataclass(frozen=True, kw_only=True)
class WriteRefused(Event):
    """A new record after the move could not be written: the server's disk refuses it."""

    kind = "writer.refused"
    server: str
    number: int
    error: str
