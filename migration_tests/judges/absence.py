# SPDX-License-Identifier: Apache-2.0
"""Failing by absence: something never came, though it had all its time.

May not know: what was awaited.
"""

from __future__ import annotations

from migration_tests.judges.finding import Finding, NotProduced, failed
from migration_tests.judges.story_record import StoryRecord
from migration_tests.record import words


def never(
    record: StoryRecord, phase: str, reason: str, *, expected: str, found: str, lines: list[int]
) -> Finding:
    """Return a fail, if the story waited as long as it may.

    :param phase: the phase in which it should have come, one of `words.PHASES`.
    :raises NotProduced: when the record does not show that the phase had its time.
    """
    if not record.ended(phase):
        raise NotProduced(f"end of {words.DOING[phase]}")
    stop = record.stopped
    if stop and stop.event.phase == phase:
        lines = [*lines, stop.line]
    return failed(reason, expected, found, *lines)
