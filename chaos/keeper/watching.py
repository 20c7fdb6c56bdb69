# SPDX-License-Identifier: Apache-2.0
"""Waits for the end of a run: its death, its silence, or a request to end.

Knows a lease; nothing of what is to be done then.
"""

import contextlib
import threading
import time
from pathlib import Path
from typing import Any

from chaos.journal.lease import Lease
from chaos.signal_event import SignalEvent


class LeaseWatch:
    """Watches the lease of one run.

    :param path: the lease's file
    :param lease_seconds: how long it stays good without a sign of life
    """

    def __init__(self, path: Path, lease_seconds: float) -> None:
        self._lease = Lease(path)
        self._interval = max(0.05, min(5.0, lease_seconds / 4))
        self._over = SignalEvent()
        self._why = ""

    def asked_to_end(self, *_: Any) -> None:
        """A signal has come."""
        self._end("it was asked to end")

    def wait(self) -> str:
        """Return why the run's hosts are to be brought back now, in words."""
        # The kernel gives the lock at once when the last process of the run is gone.
        threading.Thread(target=self._wait_for_death, daemon=True).start()
        while not self._over.wait(self._interval):
            if self._lease.expired:
                self._end("the run was silent for longer than its lease allows")
        return self._why

    def _wait_for_death(self) -> None:
        while True:
            # Out of descriptors or memory now is not so for ever, and nobody else waits for it.
            with contextlib.suppress(Exception), self._lease.taken_away():
                self._end("the run is over")
                # Held until this process ends: nobody shall join a run that is over.
                threading.Event().wait()
            time.sleep(self._interval)

    def _end(self, why: str) -> None:
        self._why = self._why or why
        self._over.set()
