# SPDX-License-Identifier: Apache-2.0
"""Events of what a guest gets from the cloud about itself. May not know: what it must get."""

from __future__ import annotations

from dataclasses import dataclass

from migration_tests.record.event import Event, Part


@dataclass(frozen=True, kw_only=True)
class GuestMetadata(Event):
    """What a guest found when it looked for its metadata, as the guest itself sees it.

    It asks the metadata service and, whether that answers or not, looks at its config drive.
    """

    kind = "guest.metadata"
    unread = {"error": "for people: why nothing was found"}  # noqa: RUF012
    server: str
    moment: str
    source: str | None  # SERVICE, DRIVE: where the next two are from; None: it found neither
    hostname: str | None  # with the domain, if it gets one
    user_data: str | None  # text; None: it gets none
    drive: str | None = None  # server's ID on its config drive; None: none that it can read
    error: str = ""


@dataclass(frozen=True, kw_only=True)
class AttachedDisk(Part):
    """A disk or partition that a rescue system has besides its own."""

    device: str  # "vdb", "vdb1"
    size: int  # bytes
    mark: str | None  # what the suite left on it, "" if nothing; None: it could not be mounted


@dataclass(frozen=True, kw_only=True)
class RescueRead(Event):
    """What disks a rescue system has, as it sees them itself.

    The mark that the suite leaves on the disk of a server is the server's ID.
    """

    kind = "rescue.read"
    nested = {"disks": AttachedDisk}  # noqa: RUF012
    server: str
    root: str | None  # the device that its own root file system lies on; None: not learned
    root_mark: str  # what the suite left on that, "" if nothing
    disks: tuple[AttachedDisk, ...]
