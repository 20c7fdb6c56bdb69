# SPDX-License-Identifier: Apache-2.0
"""What a server can read of itself, asked for from inside. May not know: what it must read."""

from __future__ import annotations

from chaos.deadline import Deadline
from migration_tests.guest import metadata, scripts
from migration_tests.guest.shell import GuestError, GuestShell
from migration_tests.record import words
from migration_tests.record.event import Event
from migration_tests.record.events import GuestMetadata, HarnessError
from migration_tests.record.history import Recorder

WORDS = {metadata.SERVICE: words.SERVICE, metadata.DRIVE: words.DRIVE}
AGAIN = 1.0  # seconds between two readings, as long as the service does not answer
LONGEST = 60.0  # seconds that one reading may take


class Guests:
    """Asks servers for their metadata and records what they found."""

    def __init__(self, record: Recorder) -> None:
        self._record = record
        self._sources: dict[str, str | None] = {}  # of each server, where it first found metadata

    def read(self, server: str, shell: GuestShell, moment: str, deadline: Deadline) -> None:
        """Read the metadata as the server sees it; what keeps us from asking is recorded as lost.

        It is read from where it was read first, so that like is compared with like.

        :param deadline: until when the metadata service must answer: a server that has come to
            another host a moment ago may be there before its network's part of it is
        """
        first = self._sources.get(server, metadata.SERVICE)
        found, error = metadata.Told(), ""
        for _ in deadline.ticks(AGAIN):
            try:
                done = shell.run(scripts.metadata(), Deadline.after(LONGEST))
            except GuestError as failure:
                self._lost(server, moment, str(failure))
                return
            if done.status == scripts.NO_CLIENT:
                self._lost(server, moment, "the server has neither curl nor wget to ask with")
                return
            found = metadata.parse(done.output, first or metadata.SERVICE)
            error = "" if found.source else f"found: {done.output.strip()[-200:] or 'nothing'}"
            if found.source == first:
                break
        self._sources.setdefault(server, found.source)
        self._record(_event(server, moment, found, error))

    def _lost(self, server: str, moment: str, why: str) -> None:
        self._record(
            HarnessError(
                where="observers.guests",
                error=f"{moment}: {why}",
                lost=(GuestMetadata.kind,),
                server=server,
            )
        )


def _event(server: str, moment: str, found: metadata.Told, error: str) -> Event:
    return GuestMetadata(
        server=server,
        moment=moment,
        source=WORDS.get(found.source or ""),
        hostname=found.hostname,
        user_data=found.user_data,
        drive=found.drive,
        error=error,
    )
