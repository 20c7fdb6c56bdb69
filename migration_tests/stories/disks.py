# SPDX-License-Identifier: Apache-2.0
"""What is read from a server's disk: before it is written to, and after the disaster.

May not know: what must be there.
"""

from __future__ import annotations

import hashlib

from chaos.deadline import Deadline
from migration_tests.guest import records, scripts
from migration_tests.guest.shell import GuestError, GuestShell
from migration_tests.record import words
from migration_tests.record.events import DataRead, DiskRead, WriteResumed
from migration_tests.record.history import Recorder
from migration_tests.record.story_events import HarnessError
from migration_tests.stories.cast import Actor

NO_FILE = 44  # status of the reading script when there is no record file


class Disks:
    """Reads disks of servers and records what is there."""

    def __init__(self, record: Recorder) -> None:
        self._record = record

    def before(self, actor: Actor, shell: GuestShell, deadline: Deadline) -> None:
        """Look at the untouched disk, then leave the marker on it.

        :raises migration_tests.guest.shell.GuestError: when that fails
        """
        self._look(actor, shell, words.BEFORE, deadline)
        shell.check(scripts.mark(actor.server), deadline)

    def after(
        self, actor: Actor, shell: GuestShell, moment: str, deadline: Deadline, *, resume: bool
    ) -> None:
        """Read everything back; what fails is recorded as lost.

        :param resume: write one more record afterwards
        """
        try:
            self._look(actor, shell, moment, deadline)
            found = self._read(actor, shell, moment, deadline)
            if resume:
                self._resume(actor, shell, found.highest + 1, deadline)
        except GuestError as error:
            self._record(
                HarnessError(
                    where="observers.data",
                    error=str(error),
                    lost=(DiskRead.kind, DataRead.kind, WriteResumed.kind),
                    server=actor.server,
                )
            )

    def _look(self, actor: Actor, shell: GuestShell, moment: str, deadline: Deadline) -> None:
        files = shell.check(scripts.fingerprint(), deadline)
        residue = shell.check(scripts.residue(), deadline).splitlines()
        digest = hashlib.sha256(files.encode()).hexdigest() if files.strip() else None
        self._record(
            DiskRead(
                server=actor.server, moment=moment, fingerprint=digest, residue=tuple(residue)
            )
        )

    def _read(
        self, actor: Actor, shell: GuestShell, moment: str, deadline: Deadline
    ) -> records.RecordFile:
        done = shell.run(scripts.read_records(), deadline)
        if done.status not in (0, NO_FILE):
            raise GuestError(f"the record file of {actor.name} cannot be read: {done.status}")
        found = records.parse(done.output, actor.server)
        self._record(
            DataRead(
                server=actor.server,
                moment=moment,
                intact=found.intact,
                damaged=found.damaged,
                exists=done.status != NO_FILE,
            )
        )
        return found

    def _resume(self, actor: Actor, shell: GuestShell, number: int, deadline: Deadline) -> None:
        script = scripts.write(actor.server, first=number, interval=0, count=1)
        acknowledged = records.Acknowledgements()
        numbers = acknowledged.feed(shell.check(script, deadline).encode())
        if numbers != [number]:
            raise GuestError(
                f"{actor.name} did not acknowledge a new write: "
                f"{'; '.join(acknowledged.messages) or numbers}"
            )
        self._record(WriteResumed(server=actor.server, number=number))
