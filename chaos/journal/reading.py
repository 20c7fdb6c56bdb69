# SPDX-License-Identifier: Apache-2.0
"""What a journal says: its entries, whose it is, and what happened to its run.

Reads lines that :mod:`chaos.journal` writes, of another process, version or machine as well.
Writes nothing and locks nothing; a line is whole or does not count.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from chaos import errors
from chaos.journal.version_1 import from_version_1

VERSION = 2

OPENED = "opened"
CLOSED = "closed"

# Events of the run itself, not of one fault.
BEGUN = "run.begun"
TAKEN_OVER = "run.taken_over"
GIVEN_UP = "run.given_up"
ENDED = "run.ended"


@dataclass(frozen=True)
class Entry:
    """One fault in the journal.

    :ivar id: unique in the world
    :ivar fault: kind of fault, like ``power_off``
    :ivar host: name of the host in the hosts file
    :ivar recovery: name of what recovers the host, like ``power_on``
    :ivar data: what the recovery needs to know; plain data
    :ivar opened_at: wall clock, ISO 8601 in UTC
    :ivar by: who opened it: machine and process ID
    :ivar last: the last event noted for it
    :ivar closed: what the recovery saw, once it is closed
    :ivar error: why the injection failed, as far as that was known; "" if it did not
    """

    id: str
    fault: str
    host: str
    recovery: str
    data: Mapping[str, Any] = field(default_factory=dict)
    opened_at: str = ""
    by: Mapping[str, Any] = field(default_factory=dict)
    last: str = OPENED
    closed: Mapping[str, Any] = field(default_factory=dict)
    error: str = ""


@dataclass(frozen=True)
class Holder:
    """Whose journal it is.

    :ivar run: name of the run
    :ivar machine: where it runs, or ran
    :ivar pid: its first process
    :ivar began_at: wall clock, ISO 8601 in UTC
    :ivar hosts_file: the hosts file, as an absolute path of that machine
    :ivar hosts: the hosts it may disturb: name to the addresses they are known by
    """

    run: str
    machine: str
    pid: int
    began_at: str
    hosts_file: str
    hosts: Mapping[str, str]

    def __str__(self) -> str:
        return f"run {self.run} (process {self.pid} on {self.machine}, since {self.began_at})"


class JournalReader:
    """A journal file that is read.

    :param path: the file; one that is not there has no entries
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)

    def holder(self) -> Holder | None:
        """Return whose journal it is, or None where that was never written."""
        for number, record in enumerate(self._records(), start=1):
            if record.get("event") != BEGUN:
                continue
            try:
                return Holder(
                    run=record["run"],
                    machine=record["by"]["machine"],
                    pid=record["by"]["pid"],
                    began_at=record["t_wall"],
                    hosts_file=record["hosts_file"],
                    hosts=record["hosts"],
                )
            except (KeyError, TypeError) as exc:
                raise self._senseless(number, exc) from exc
        return None

    def marked(self, event: str) -> bool:
        """Whether an event of the whole run has been noted."""
        return any(record.get("event") == event for record in self._records())

    def entries(self) -> tuple[Entry, ...]:
        """Return all entries, closed ones too, in the order they were opened.

        :raises chaos.errors.JournalError: if a line of the file makes no sense
        """
        found: dict[str, Entry] = {}
        for number, record in enumerate(self._records(), start=1):
            if "entry" not in record:
                continue
            try:
                name, event = record["entry"], record["event"]
                if event == OPENED:
                    found[name] = Entry(
                        id=name,
                        fault=record["fault"],
                        host=record["host"],
                        recovery=record["recovery"],
                        data=record["data"],
                        opened_at=record["t_wall"],
                        by=record["by"],
                    )
                else:
                    known = found[name]
                    data = record.get("data", {})
                    closed = data if event == CLOSED else known.closed
                    error = known.error if event == CLOSED else data.get("error") or known.error
                    found[name] = replace(known, last=event, closed=closed, error=str(error))
            except (KeyError, TypeError, AttributeError) as exc:
                raise self._senseless(number, exc) from exc
        return tuple(found.values())

    def open_entries(self) -> tuple[Entry, ...]:
        """Return the entries that are still to be recovered, in the order they were opened."""
        return tuple(entry for entry in self.entries() if entry.last != CLOSED)

    def _records(self) -> Iterator[dict[str, Any]]:
        for number, line in enumerate(self._lines(), start=1):
            try:
                record = json.loads(line)
            except ValueError as exc:
                raise self._senseless(number, exc) from exc
            if not isinstance(record, dict) or "event" not in record:
                raise self._senseless(number, KeyError("event"))
            if record.get("version", VERSION) > VERSION:
                raise errors.JournalError(
                    f"line {number} of {self.path} is of version {record['version']}",
                    expected=f"version {VERSION} at the most",
                    remedy="use the version of this software that wrote the journal",
                )
            yield from_version_1(record) if record.get("version") == 1 else record

    def _senseless(self, number: int, exc: Exception) -> errors.JournalError:
        return errors.JournalError(
            f"line {number} of {self.path} makes no sense ({type(exc).__name__})",
            remedy="see by hand which of its hosts are down, then move the file away",
        )

    def _lines(self) -> list[str]:
        try:
            raw = self.path.read_bytes()
        except FileNotFoundError:
            return []
        except OSError as exc:
            raise errors.JournalError(f"{self.path} cannot be read: {exc.strerror}") from exc
        # What follows the last newline was never finished, so nobody has acted on it.
        whole = raw[: raw.rfind(b"\n") + 1]
        return whole.decode("utf-8", errors="replace").splitlines()
