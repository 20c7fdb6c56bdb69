# SPDX-License-Identifier: Apache-2.0
"""A flag that a signal's handler may raise while the main thread waits for it.

The standard library's event may not be set by a handler: it takes a lock that the waiting it
interrupts may hold. And a signal that another thread happens to receive does not interrupt the
main thread's waiting at all. This is a pipe that signals write to by themselves.
"""

import contextlib
import os
import select
import signal
import time


class Flag:
    """A flag, down at first; it stays up once raised. Made and waited for in the main thread."""

    def __init__(self) -> None:
        self.up = False
        self._reader, self._writer = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        signal.set_wakeup_fd(self._writer, warn_on_full_buffer=False)

    def put_up(self) -> None:
        """Raise it; from a signal's handler, or from any thread."""
        self.up = True
        with contextlib.suppress(BlockingIOError):
            os.write(self._writer, b"!")

    def wait(self, seconds: float | None = None) -> bool:
        """Wait until it is up, so long at the most (None: for ever); return whether it is."""
        end = None if seconds is None else time.monotonic() + seconds
        while not self.up:
            left = None if end is None else end - time.monotonic()
            if left is not None and left <= 0:
                break
            if select.select([self._reader], [], [], left)[0]:
                # A signal's byte, or that of who raised it.
                os.read(self._reader, 64)
        return self.up
