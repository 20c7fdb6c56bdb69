# SPDX-License-Identifier: Apache-2.0
"""An event that a signal's handler may set while the main thread waits for it.

The standard library's event may not be set by a handler: it takes a lock that the waiting it
interrupts may hold. And a signal that another thread happens to receive does not interrupt the
main thread's waiting at all. This is a pipe that signals write to by themselves.
"""

import contextlib
import os
import select
import signal
import time


class SignalEvent:
    """An event, not set at first; it stays set. Made and waited for in the main thread."""

    def __init__(self) -> None:
        self.is_set = False
        self._reader, self._writer = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        signal.set_wakeup_fd(self._writer, warn_on_full_buffer=False)

    def set(self) -> None:
        """Set it; from a signal's handler, or from any thread."""
        self.is_set = True
        with contextlib.suppress(BlockingIOError):
            os.write(self._writer, b"!")

    def wait(self, seconds: float | None = None) -> bool:
        """Wait until it is set, so long at the most (None: for ever); return whether it is."""
        end = None if seconds is None else time.monotonic() + seconds
        while not self.is_set:
            left = None if end is None else end - time.monotonic()
            if left is not None and left <= 0:
                break
            if select.select([self._reader], [], [], left)[0]:
                # A signal's byte, or that of who set it.
                os.read(self._reader, 64)
        return self.is_set
