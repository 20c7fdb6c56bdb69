# SPDX-License-Identifier: Apache-2.0
"""Looks at one host on a short interval, those that show the same recorded together.

With the times of the first and the last of them and the longest pause between two, so that it is
known when nobody looked, and two hosts' looks can be laid beside each other. May not know: what is
looked at.
"""

from __future__ import annotations

import threading
import time
import traceback
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

from migration_tests.record.event import Event
from migration_tests.record.events import HarnessError
from migration_tests.record.history import Recorder

WRITE_SECONDS = 30.0  # a state that lasts is written down at least so often

Look = tuple[Any, str]  # what was seen, or None and why nothing was


@dataclass
class Series:
    """Looks one after the other that showed the same."""

    seen: Look
    looks: int
    t_first_began: float
    t_first_ended: float
    t_last_began: float
    t_last_ended: float
    longest_pause: float

    def times(self) -> dict[str, Any]:
        """Return when they were taken, as fields of an event."""
        return {
            "looks": self.looks,
            "t_first_began": round(self.t_first_began, 6),
            "t_first_ended": round(self.t_first_ended, 6),
            "t_last_began": round(self.t_last_began, 6),
            "t_last_ended": round(self.t_last_ended, 6),
            "longest_pause": round(self.longest_pause, 6),
            "error": self.seen[1],
        }


class HostLooks(threading.Thread):
    """Looks at one host until it is stopped.

    :param source: who records, "observers.domains" for one
    :param host: its name
    :param interval: seconds between the beginnings of two looks
    :param kind: the kind of the events, which are missing when looking fails
    """

    def __init__(
        self, source: str, host: str, interval: float, record: Recorder, kind: str
    ) -> None:
        super().__init__(name=f"{source}-{host}", daemon=True)
        self.host = host
        self._source = source
        self._interval = interval
        self._record = record
        self._kind = kind
        self._stopping = threading.Event()
        self._series: Series | None = None
        self._last_ended: float | None = None

    # What a watch of its own fills in.

    def looking(self) -> AbstractContextManager[Callable[[], Look]]:
        """Return what looks once, within the block."""
        raise NotImplementedError

    def event(self, series: Series) -> Event:
        """Return how looks that showed the same stand on the record."""
        raise NotImplementedError

    # What all of them do.

    def run(self) -> None:
        """Look until the end; a failure of our own is recorded as lost evidence."""
        try:
            try:
                self._watch()
            finally:
                self._write()
        except Exception as error:
            self._lost(
                f"{type(error).__name__}: {error}", "".join(traceback.format_exception(error))
            )

    def _watch(self) -> None:
        due = time.monotonic()
        with self.looking() as look:
            ending = False
            while not ending:
                # The last look begins after the end was asked for: it shows how all was left.
                ending = self._stopping.is_set()
                began = time.monotonic()
                seen = look()
                ended = time.monotonic()
                self._take(seen, began, ended)
                # A slow host is not asked without a rest.
                due = max(due + self._interval, ended + (ended - began))
                self._stopping.wait(max(0.0, due - time.monotonic()))

    def stop(self) -> None:
        """Ask for one more look, and then for the end."""
        self._stopping.set()

    def wait(self, seconds: float) -> None:
        """Wait for the end; that it does not come is recorded as lost evidence."""
        if self.is_alive():
            self.join(seconds)
            if self.is_alive():
                self._lost(f"the last look did not end within {seconds:g} s")

    def _lost(self, error: str, trace: str = "") -> None:
        self._record(
            HarnessError(
                where=self._source,
                error=f"{self.host}: {error}",
                lost=(self._kind,),
                traceback=trace,
            )
        )

    def _take(self, seen: Look, began: float, ended: float) -> None:
        pause = 0.0 if self._last_ended is None else ended - self._last_ended
        self._last_ended = ended
        series = self._series
        # Why a host does not answer may be said in other words every time.
        same = series is not None and series.seen[0] == seen[0]
        if series is not None and same and ended - series.t_first_began < WRITE_SECONDS:
            series.looks += 1
            series.t_last_began, series.t_last_ended = began, ended
            series.longest_pause = max(series.longest_pause, pause)
            return
        self._write()
        self._series = Series(seen, 1, began, ended, began, ended, pause)

    def _write(self) -> None:
        series, self._series = self._series, None
        if series is not None:
            self._record(self.event(series))
