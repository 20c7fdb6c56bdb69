# SPDX-License-Identifier: Apache-2.0
"""A thread that looks at regular times until it is stopped, and outlives failed looks.

May not know: what is looked at.
"""

from __future__ import annotations

import threading
import time
import traceback

from migration_tests.record.events import HarnessError
from migration_tests.record.history import Recorder

PATIENCE = 30.0  # seconds of failed looks after which evidence counts as lost


class Watch(threading.Thread):
    """Calls `look` every `pause()` seconds, on absolute times, until `stop`.

    A look that took longer than that is followed by a rest of its own length.

    A look that raises is tried again at the next time. Only when looks have failed for a while
    is it recorded that evidence may be missing.

    :param name: who records, "observers.servers" for one
    :param interval: seconds between the beginnings of two looks, unless `pause` says another
    :param lost: the kinds of events that are missing when looks fail
    """

    def __init__(
        self, name: str, record: Recorder, interval: float, lost: tuple[str, ...]
    ) -> None:
        super().__init__(name=name, daemon=True)
        self.record = record
        self.interval = interval
        self.lost = lost
        self.last_error: BaseException | None = None
        self._failing_since: float | None = None
        self._reported = False
        self._stopping = threading.Event()
        self._woken = threading.Event()

    def look(self) -> None:
        """Look once and record what has changed."""
        raise NotImplementedError

    def pause(self) -> float:
        """Return the seconds between the last look and the next, as things stand now."""
        return self.interval

    def wake(self) -> None:
        """Let it be asked anew how long the pause is."""
        self._woken.set()

    def run(self) -> None:
        """Look, rest, and again."""
        due = time.monotonic()
        while not self._stopping.is_set():
            began = time.monotonic()
            self._look_safely()
            ended = time.monotonic()
            # A slow cloud is not asked without a rest: the asking may be what makes it slow.
            due = self._rested(due, ended + (ended - began))

    def _rested(self, last: float, earliest: float) -> float:
        """Wait until the next look is due, and return when that was."""
        while True:
            self._woken.clear()
            due = max(last + self.pause(), earliest)
            left = due - time.monotonic()
            if left <= 0 or self._stopping.is_set():
                return due
            self._woken.wait(left)

    def stop(self, seconds: float = 120.0) -> None:
        """End the thread after its present look; harmless if it never ran."""
        self._stopping.set()
        self.wake()
        if self.is_alive() and self is not threading.current_thread():
            self.join(seconds)
            if self.is_alive():
                error = f"the last look did not end within {seconds:g} s"
                self.record(HarnessError(where=self.name, error=error, lost=self.lost))

    def _look_safely(self) -> None:
        try:
            self.look()
        except Exception as error:
            self._failed(error)
        else:
            self.last_error, self._failing_since, self._reported = None, None, False

    def _failed(self, error: Exception) -> None:
        now = time.monotonic()
        self.last_error = error
        self._failing_since = self._failing_since or now
        if self._reported or now - self._failing_since < PATIENCE:
            return
        self._reported = True
        self.record(
            HarnessError(
                where=self.name,
                error=f"{type(error).__name__}: {error}",
                lost=self.lost,
                traceback="".join(traceback.format_exception(error)),
            )
        )
