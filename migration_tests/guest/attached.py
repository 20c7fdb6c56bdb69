# SPDX-License-Identifier: Apache-2.0
"""Reads what a rescue system prints of its disks.

Pure. May not know: how the script gets into it, which disk must be there.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from migration_tests.guest.scripts import UNREADABLE

KIB = 1024
_ROOT = re.compile(r"root (\S+) (.+)")
_DISK = re.compile(r"disk (\S+) (\d+) (.+)")
_NONE = "none"


class UnreadableError(ValueError):
    """What was printed is not what the script prints."""


@dataclass(frozen=True)
class Disk:
    """A disk or partition besides the one that the rescue system runs on.

    :ivar size: bytes
    :ivar mark: what the suite has left on it; "" if nothing; None: it could not be mounted
    :ivar records: text of the record file on it, "" if there is none
    """

    device: str
    size: int
    mark: str | None
    records: str = ""


@dataclass(frozen=True)
class Attached:
    """The disks of a rescue system.

    :ivar root: the device that its root file system lies on; None: it did not tell
    :ivar mark: what the suite has left on that; "" if nothing
    """

    root: str | None
    mark: str
    disks: tuple[Disk, ...]


def parse(output: str) -> Attached:
    """Return what the output of the script says.

    :raises UnreadableError: when it is not that of the script
    """
    head, *lines = output.split("\n")
    root = _ROOT.fullmatch(head)
    if root is None:
        raise UnreadableError(f"this is no list of disks: {head[:80]!r}")
    disks: list[Disk] = []
    records: list[list[str]] = []
    for line in lines:
        disk = _DISK.fullmatch(line)
        if disk is not None:
            mark = None if disk[3] == UNREADABLE else _text(disk[3])
            disks.append(Disk(disk[1], int(disk[2]) * KIB, mark))
            records.append([])
        elif line.startswith(" ") and records:
            records[-1].append(f"{line[1:]}\n")
        elif line:
            raise UnreadableError(f"a list of disks has no line {line[:80]!r}")
    return Attached(
        root=_text(root[1]) or None,
        mark=_text(root[2]),
        disks=tuple(
            Disk(one.device, one.size, one.mark, "".join(text))
            for one, text in zip(disks, records, strict=True)
        ),
    )


def _text(text: str) -> str:
    return "" if text == _NONE else text
