# SPDX-License-Identifier: Apache-2.0
"""What is read from a server's disk: before it is written to, and after it was moved.

May not know: what must be there.
"""

from __future__ import annotations

import hashlib

from chaos.deadline import Deadline
from migration_tests.guest import records, scripts
from migration_tests.guest.shell import GuestError, GuestShell
from migration_tests.record import words
from migration_tests.record.events import (
    DataRead,
    DiskRead,
    HarnessError,
    WriteRefused,
    WriteResumed,
)
from migration_tests.record.history import Recorder


class Disks:
    """Reads disks of servers and records what is there."""

    def __init__(self, record: Recorder) -> None:
        self._record = record

    def before(self, server: str, shell: GuestShell, deadline: Deadline) -> None:
        """Look at the untouched disk, then leave the marker on it.

        :raises migration_tests.guest.shell.GuestError: when that fails
        """
        self._look(server, shell, words.BEFORE, deadline)
        shell.check(scripts.mark(server), deadline)

    def after(
        self,
        server: str,
        shell: GuestShell,
        moment: str,
        deadline: Deadline,
        *,
        resume: bool,
        token: str = "",
    ) -> None:
        """Read everything back; what fails is recorded as lost.

        :param resume: write one more record afterwards
        :param token: ID of the server that wrote the records; "": this one
        """
        missing = [DiskRead.kind, DataRead.kind, *([WriteResumed.kind] if resume else [])]
        try:
            self._look(server, shell, moment, deadline)
            missing.remove(DiskRead.kind)
            found = self._read(server, shell, moment, deadline, token or server)
            missing.remove(DataRead.kind)
            if resume:
                self._resume(server, shell, found.highest + 1, deadline)
        except GuestError as error:
            self._record(
                HarnessError(
                    where="observers.disks",
                    error=f"{moment}: {error}",
                    lost=tuple(missing),
                    server=server,
                )
            )

    def _look(self, server: str, shell: GuestShell, moment: str, deadline: Deadline) -> None:
        files = shell.check(scripts.fingerprint(), deadline)
        residue = shell.check(scripts.residue(), deadline).splitlines()
        digest = hashlib.sha256(files.encode()).hexdigest() if files.strip() else None
        sectors = shell.check(scripts.ROOT_SECTORS, deadline).strip()
        self._record(
            DiskRead(
                server=server,
                moment=moment,
                fingerprint=digest,
                residue=tuple(residue),
                size=int(sectors) * scripts.SECTOR if sectors.isdigit() else None,
            )
        )

    def _read(
        self, server: str, shell: GuestShell, moment: str, deadline: Deadline, token: str
    ) -> records.RecordFile:
        done = shell.run(scripts.read_records(), deadline)
        if done.status not in (0, scripts.NO_FILE):
            raise GuestError(f"the record file of {server} cannot be read: {done.status}")
        found = records.parse(done.output, token)
        self._record(
            DataRead(
                server=server,
                moment=moment,
                intact=found.intact,
                damaged=found.damaged,
                exists=done.status != scripts.NO_FILE,
            )
        )
        return found

    def _resume(self, server: str, shell: GuestShell, number: int, deadline: Deadline) -> None:
        """Write one record more; that the disk refuses it is an answer, not a loss of evidence."""
        script = scripts.write(server, first=number, interval=0, count=1)
        acknowledged = records.Acknowledgements()
        done = shell.run(script, deadline)
        numbers = acknowledged.feed(done.output.encode())
        if numbers == [number]:
            self._record(WriteResumed(server=server, number=number))
            return
        said = "; ".join(acknowledged.messages) or "nothing"
        self._record(
            WriteRefused(
                server=server, number=number, error=f"status {done.status}, it said: {said}"
            )
        )
