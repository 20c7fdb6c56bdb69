# SPDX-License-Identifier: Apache-2.0
"""The two ways in which a scenario does not come to its end. May not know: why it did not."""

from __future__ import annotations

from migration_tests.record import words


class Skip(Exception):  # noqa: N818 - an answer, not an error
    """The scenario cannot be run here; the text is a sentence that says why."""


class Stop(Exception):  # noqa: N818
    """The scenario can go no further.

    :param cause: `words.CLOUD` or `words.HARNESS`
    :param reason: a sentence: what was awaited, what was found
    """

    def __init__(self, cause: str, reason: str) -> None:
        super().__init__(reason)
        self.cause = cause
        self.reason = reason


def cloud_stop(reason: str) -> Stop:
    """Return a stop that the cloud is to blame for."""
    return Stop(words.CLOUD, reason)


def harness_stop(reason: str) -> Stop:
    """Return a stop that is our own failure, or the will of whoever runs the suite."""
    return Stop(words.HARNESS, reason)
