# SPDX-License-Identifier: Apache-2.0
"""What a rescue system has of its server's disk, seen from inside. May not know: what it must."""

from __future__ import annotations

from chaos.deadline import Deadline
from migration_tests.guest import attached, records, scripts
from migration_tests.guest.shell import GuestError, GuestShell
from migration_tests.record import words
from migration_tests.record.events import AttachedDisk, DataRead, HarnessError, RescueRead
from migration_tests.record.history import Recorder


class Rescues:
    """Looks at the disks of rescue systems and records what is there."""

    def __init__(self, record: Recorder) -> None:
        self._record = record

    def read(self, server: str, shell: GuestShell, deadline: Deadline) -> None:
        """Record the disks, and the records on the server's own; what fails is lost."""
        try:
            found = attached.parse(shell.check(scripts.attached(), deadline))
        except (GuestError, attached.UnreadableError) as error:
            self._record(
                HarnessError(
                    where="observers.rescues",
                    error=f"{words.RESCUED}: {error}",
                    lost=(RescueRead.kind, DataRead.kind),
                    server=server,
                )
            )
            return
        self._record(
            RescueRead(
                server=server,
                root=found.root,
                root_mark=found.mark,
                disks=tuple(
                    AttachedDisk(device=one.device, size=one.size, mark=one.mark)
                    for one in found.disks
                ),
            )
        )
        for disk in found.disks:
            if disk.mark == server:
                self._data(server, disk)
                return

    def _data(self, server: str, disk: attached.Disk) -> None:
        read = records.parse(disk.records, server)
        self._record(
            DataRead(
                server=server,
                moment=words.RESCUED,
                intact=read.intact,
                damaged=read.damaged,
                exists=bool(disk.records),
            )
        )
