# SPDX-License-Identifier: Apache-2.0
"""The history of a run: one append-only file of JSON lines, fsynced line by line.

Several threads and processes may append to the same file. A line is evidence: verdicts point at
line numbers, counted from 1. May not know: what the events mean.
"""

from __future__ import annotations

import contextlib
import datetime
import fcntl
import json
import os
import threading
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from migration_tests.record import earlier
from migration_tests.record import events as _events
from migration_tests.record.event import KINDS, Event, EventError

UNREADABLE = "history.unreadable"  # kind of a line that is no event: torn, or of a lost field

VOCABULARY = _events  # importing them is what fills KINDS


class HistoryError(Exception):
    """The history cannot be written or read; says which file, and what to do."""


@dataclass(frozen=True)
class Line:
    """One line of a history."""

    number: int  # from 1
    t_mono: float  # seconds, the runner's monotonic clock
    t_wall: str  # ISO 8601, UTC
    source: str  # who wrote it
    scenario: str | None  # None: it concerns the whole run
    kind: str
    data: dict[str, Any] = field(default_factory=dict)
    event: Event | None = None  # the typed event; None for a kind outside the vocabulary


class History:
    """Appends to a history; safe among threads and processes.

    :param path: the file; made with its first line.

    :ivar lost: the failure of the first line that could not be written, or None.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.lost: HistoryError | None = None
        self._lock = threading.Lock()
        self._goes_on = False

    @contextlib.contextmanager
    def going_on(self) -> Iterator[None]:
        """Raise nothing within it when a line cannot be written; `lost` tells afterwards.

        For undoing what was done: that must be, recorded or not.
        """
        before, self._goes_on = self._goes_on, True
        try:
            yield
        finally:
            self._goes_on = before

    def append(
        self,
        event: Event,
        *,
        source: str,
        scenario: str | None = None,
        t_mono: float | None = None,
    ) -> None:
        """Append an event of the vocabulary and wait until it is on the disk.

        :param source: who saw it, "observers.servers" for one.
        :param scenario: the scenario it belongs to; None for the whole run.
        :param t_mono: when it was seen, seconds of the monotonic clock; now if None.
        :raises HistoryError: when the file cannot be written.
        """
        self.note(event.kind, event.to_data(), source=source, scenario=scenario, t_mono=t_mono)

    def note(
        self,
        kind: str,
        data: dict[str, Any],
        *,
        source: str,
        scenario: str | None = None,
        t_mono: float | None = None,
    ) -> None:
        """Append a line of any kind: what a fault reports of itself, for the human reader."""
        seen, wall = time.monotonic(), time.time()
        if t_mono is not None:
            wall -= seen - t_mono
            seen = t_mono
        line = {
            "t_mono": round(seen, 6),
            "t_wall": wall_text(wall),
            "source": source,
            "scenario": scenario,
            "kind": kind,
            "data": data,
        }
        text = json.dumps(line, ensure_ascii=False, separators=(",", ":"), default=str) + "\n"
        try:
            with self._lock:
                self._write(text.encode())
        except OSError as error:
            failure = HistoryError(
                f"{self.path} cannot be written: {error}. Without a record nothing may be"
                " disturbed or judged; make the folder writable and make room on its disk"
            )
            self.lost = self.lost or failure
            if not self._goes_on:
                raise failure from error

    def _write(self, line: bytes) -> None:
        descriptor = os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            size = os.fstat(descriptor).st_size
            # A writer that was killed leaves a torn line: do not lose ours on the same line.
            if size and os.pread(descriptor, 1, size - 1) != b"\n":
                line = b"\n" + line
            while line:
                line = line[os.write(descriptor, line) :]
            os.fdatasync(descriptor)
        finally:
            os.close(descriptor)

    def recorder(self, scenario: str | None, source: str) -> Recorder:
        """Return what a step or observer writes with: the same history, scenario and source."""
        return Recorder(self, scenario, source)


@dataclass(frozen=True)
class Recorder:
    """Writes events of one source in one scenario."""

    history: History
    scenario: str | None
    source: str

    def __call__(self, event: Event, t_mono: float | None = None) -> None:
        """Append the event; see `History.append`."""
        self.history.append(event, source=self.source, scenario=self.scenario, t_mono=t_mono)

    def note(self, kind: str, data: dict[str, Any]) -> None:
        """Append a line of any kind; fits as the `observe` of a fault."""
        self.history.note(kind, data, source=self.source, scenario=self.scenario)


def read(path: Path) -> list[Line]:
    """Return all lines of a history.

    A last line without its end is still being written and is left out; any other line that is
    no event comes back with the kind UNREADABLE.

    :raises HistoryError: when the file cannot be read.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise HistoryError(f"{path} cannot be read: {error}; is this a run folder?") from error
    return parse(content.split(b"\n")[:-1])


def parse(texts: Iterable[bytes], first: int = 1) -> list[Line]:
    """Return the lines that `texts` hold, numbered from `first`."""
    return [line for number, text in enumerate(texts, first) for line in _lines(number, text)]


class Follower:
    """Reads what was added to a history since the last look.

    :param path: the file; it need not exist yet.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._offset = 0
        self._number = 1

    def new(self) -> list[Line]:
        """Return the whole lines that were added since the last call."""
        try:
            with self._path.open("rb") as file:
                file.seek(self._offset)
                content = file.read()
        except OSError:
            return []
        texts = content.split(b"\n")[:-1]
        self._offset += sum(len(text) + 1 for text in texts)
        lines = parse(texts, self._number)
        self._number += len(texts)
        return lines


def wall_text(seconds: float) -> str:
    """Return seconds since the epoch as ISO 8601 text in UTC with microseconds."""
    moment = datetime.datetime.fromtimestamp(seconds, datetime.UTC)
    return moment.isoformat(timespec="microseconds").replace("+00:00", "Z")


def _lines(number: int, text: bytes) -> list[Line]:
    """Return what one line holds: one event, or two of a record of an earlier form."""
    raw: Any = None
    try:
        raw = json.loads(text)
        found = earlier.today(raw) if earlier.is_earlier(raw) else [raw]
        return [_line(number, one) for one in found]
    except (ValueError, KeyError, TypeError, AttributeError, EventError) as error:
        return [_unreadable(number, raw, f"{type(error).__name__}: {error}")]


def with_data(line: Line, data: dict[str, Any]) -> Line:
    """Return a line as it would be read, had it other data: an event, or an unreadable line."""
    raw = {
        "t_mono": line.t_mono,
        "t_wall": line.t_wall,
        "source": line.source,
        "scenario": line.scenario,
        "kind": line.kind,
        "data": data,
    }
    try:
        return _line(line.number, raw)
    except EventError as error:
        return _unreadable(line.number, raw, f"{type(error).__name__}: {error}")


def _unreadable(number: int, raw: Any, problem: str) -> Line:
    """Say what is still known of a line that is no event: of what kind it was to be."""
    data: dict[str, Any] = {"problem": problem}
    scenario = None
    if isinstance(raw, dict):
        inner = raw.get("data")
        data["kind"] = raw.get("kind")
        data["server"] = inner.get("server") if isinstance(inner, dict) else None
        scenario = raw.get("scenario", raw.get("story"))
    return Line(number, 0.0, "", "history", scenario, UNREADABLE, data)


def _line(number: int, raw: dict[str, Any]) -> Line:
    event_type = KINDS.get(raw["kind"])
    return Line(
        number=number,
        t_mono=float(raw["t_mono"]),
        t_wall=str(raw["t_wall"]),
        source=str(raw["source"]),
        scenario=raw["scenario"],
        kind=str(raw["kind"]),
        data=raw["data"],
        event=event_type.from_data(raw["data"]) if event_type else None,
    )
