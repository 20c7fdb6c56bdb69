# SPDX-License-Identifier: Apache-2.0
"""The ledger: runs a writer in a server and records every number that it acknowledges.

The writer prints a number only after its record is on the disk, so a number that stands here must
be there after any move or failure. May not know: which.
"""

from __future__ import annotations

import threading
import time

import paramiko

from chaos.deadline import Deadline
from migration_tests.guest import records, scripts
from migration_tests.guest.shell import GuestShell
from migration_tests.record.events import WriterEnded, WriterStarted, WritesAcknowledged
from migration_tests.record.history import Recorder

# What a ledger puts on the record at its end: also the last number, which earlier records lack.
ENDED = (WriterEnded.kind, f"{WriterEnded.kind}:last")

FLUSH_SECONDS = 0.5
READ_SECONDS = 0.2
READ_BYTES = 65536


class Ledger(threading.Thread):
    """Records what the writer of one server acknowledges, until the end of its connection.

    :param server: the server's ID, its records' token too
    :param shell: a connection to it; closed with the ledger
    """

    def __init__(self, server: str, shell: GuestShell, record: Recorder) -> None:
        super().__init__(name=f"ledger-{server}", daemon=True)
        self.server = server
        self.last = 0  # highest number acknowledged so far, and on the record
        self.heard = 0  # highest number acknowledged so far
        self._shell = shell
        self._record = record
        self._channel: paramiko.Channel | None = None
        self._acknowledgements = records.Acknowledgements()
        self._pending: list[int] = []
        self._reason = ""
        self._give_up_at = 0.0
        self._drained = False
        self._stopping = threading.Event()

    def begin(self, interval: float, deadline: Deadline) -> None:
        """Start the writer and the recording.

        :param interval: seconds the writer rests between two records
        :raises migration_tests.guest.shell.GuestError: when the writer cannot be started
        """
        script = scripts.write(self.server, first=1, interval=interval)
        self._channel = self._shell.open(script, deadline)
        self._channel.settimeout(READ_SECONDS)
        self._record(WriterStarted(server=self.server, path=f"~/{scripts.RECORDS}"))
        self.start()

    def run(self) -> None:
        """Take acknowledgements until the connection ends or `end` is called."""
        flushed = time.monotonic()
        reason = ""
        while not reason:
            ending = self._stopping.is_set()
            try:
                reason = self._take()
                if ending and self._drained:
                    # A living writer is never quiet; what was there when the end came is taken.
                    reason = reason or self._reason
            except TimeoutError:
                # Only a quiet channel is at its end: what has arrived before is taken first.
                if self._stopping.is_set():
                    reason = self._reason
            except (paramiko.SSHException, OSError, EOFError) as error:
                reason = f"the connection broke: {type(error).__name__}: {error}"
            if self._stopping.is_set() and time.monotonic() >= self._give_up_at:
                reason = reason or self._reason
            if self._pending and (reason or time.monotonic() - flushed >= FLUSH_SECONDS):
                self._flush()
                flushed = time.monotonic()
        self._record(WriterEnded(server=self.server, reason=reason, last=self.last))

    def end(self, reason: str, seconds: float = 10.0) -> None:
        """Take what has arrived, then close the ledger.

        :param reason: why the writer can write no more, as the record shall say
        """
        self._reason = reason
        self._give_up_at = time.monotonic() + seconds / 2  # a living writer is never quiet
        self._stopping.set()
        if self.is_alive():
            self.join(seconds)
        self._shell.close()

    def _take(self) -> str:
        """Take what the channel has; return why it ended, or nothing."""
        assert self._channel is not None
        data = self._channel.recv(READ_BYTES)
        self._drained = len(data) < READ_BYTES
        self._pending += self._acknowledgements.feed(data)
        self.heard = max(self.heard, *self._pending, 0)
        if data:
            return ""
        said = "; ".join(self._acknowledgements.messages[-2:])
        return f"the writer ended by itself: {said or 'it said nothing'}"

    def _flush(self) -> None:
        for first, last in records.ranges(self._pending):
            self._record(WritesAcknowledged(server=self.server, first=first, last=last))
        self.last = max(self.last, *self._pending)
        self._pending = []
