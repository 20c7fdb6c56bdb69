# SPDX-License-Identifier: Apache-2.0
"""One object that says how much time is left, passed down instead of new timeouts.

Uses the monotonic clock only, so that nobody who sets the time can stretch or shorten it.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass

from chaos import errors


@dataclass(frozen=True)
class Deadline:
    """A moment on the monotonic clock after which work stops.

    :ivar at: the moment, in seconds of :func:`time.monotonic`
    """

    at: float

    @classmethod
    def after(cls, seconds: float) -> "Deadline":
        """Return the deadline that ends so many seconds from now."""
        return cls(time.monotonic() + seconds)

    def remaining(self) -> float:
        """Return the seconds left, never below zero."""
        return max(0.0, self.at - time.monotonic())

    @property
    def expired(self) -> bool:
        """True once no time is left."""
        return time.monotonic() >= self.at

    def within(self, seconds: float) -> "Deadline":
        """Return the earlier of this deadline and one so many seconds from now.

        For a step that has a bound of its own; it can never outlive the whole.
        """
        return Deadline(min(self.at, time.monotonic() + seconds))

    def check(self, doing: str) -> None:
        """Raise :class:`chaos.errors.DeadlineExpired` if no time is left.

        :param doing: what was being done, for the message
        """
        if self.expired:
            raise errors.DeadlineExpired(
                f"no time was left while {doing}", remedy="allow more time, or see what hangs"
            )

    def pause(self, seconds: float) -> None:
        """Sleep for so many seconds, but never past the deadline."""
        time.sleep(min(seconds, self.remaining()))

    def ticks(self, interval: float) -> Iterator[int]:
        """Yield attempt numbers from 1, so many seconds apart, until the deadline.

        The first comes at once, even when no time is left: a question is always asked once.
        """
        attempt = 1
        while True:
            yield attempt
            if self.expired:
                return
            self.pause(interval)
            attempt += 1
