# SPDX-License-Identifier: Apache-2.0
"""Finds the gaps in the answers to a sequence of probes, and the error of their lengths.

Pure. A gap begins with the first probe that had no answer in time, and ends with the first answer
to that probe or a later one: it counts packets that were held back as well as lost ones. What the
prober itself did not ask it cannot know, so the spaces between its own probes bound the error; so
does the time that a probe is under way, for the network may go while it is, and come back long
before the first answer is there.
May not know: how the probes are sent.
"""

from __future__ import annotations

import bisect
import itertools
import statistics
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Gap:
    """A time without answers, in seconds of the monotonic clock.

    :ivar error: bound of the error of its length, in seconds
    """

    t_start: float
    t_end: float
    error: float

    @property
    def length(self) -> float:
        """Seconds without an answer."""
        return self.t_end - self.t_start


@dataclass(frozen=True)
class Analysis:
    """What a sequence of probes tells.

    :ivar gaps: all gaps, that of a single lost probe included
    :ivar longest: seconds; 0 without a gap
    :ivar error: seconds; no gap's length is off by more. An outage whose packets were only held
        back is missed if it is no longer than this and the time in which an answer counts as late
    :ivar round_trip: seconds, the median of the answers in time; None without any
    """

    gaps: tuple[Gap, ...]
    longest: float
    error: float
    answered: int
    round_trip: float | None


# A lost probe has no round trip: it is taken to have been under way no longer than the slowest of
# those in so many seconds before. Servers pause for tens of milliseconds several times a second.
NEAR_SECONDS = 2.0


def analyse(
    sent: Sequence[float],
    answers: Sequence[float | None],
    late: float,
    t_end: float,
    began: Sequence[float] | None = None,
) -> Analysis:
    """Find the gaps.

    :param sent: when each probe was sent, at the latest, ascending
    :param answers: when the answer to each arrived, None for no answer
    :param late: seconds after which an answer is no longer in time
    :param t_end: when the probing ended; a gap that is still open ends there
    :param began: when each probe was sent, at the earliest; None: exactly when it was sent
    """
    trips = [
        answer - start
        for start, answer in zip(sent, answers, strict=True)
        if answer is not None and answer - start <= late
    ]
    round_trip = statistics.median(trips) if trips else None
    gaps = tuple(_gaps(sent, began or sent, answers, late, t_end))
    spaces = [later - former for former, later in itertools.pairwise([*sent, t_end])]
    return Analysis(
        gaps=gaps,
        longest=max((gap.length for gap in gaps), default=0.0),
        error=max([*spaces, *(gap.error for gap in gaps)], default=0.0),
        answered=sum(answer is not None for answer in answers),
        round_trip=round_trip,
    )


def _gaps(
    sent: Sequence[float],
    began: Sequence[float],
    answers: Sequence[float | None],
    late: float,
    t_end: float,
) -> list[Gap]:
    ends = _first_answers(answers)
    gaps: list[Gap] = []
    index = 0
    while index < len(sent):
        answer = answers[index]
        if answer is not None and answer - sent[index] <= late:
            index += 1
            continue
        if answer is None and t_end - sent[index] <= late and ends[index] is None:
            break  # its answer may still be on its way
        # It may have begun as soon as the probe before was answered, and not before this one was
        # under way.
        before = sent[index] - began[index - 1] if index else 0.0
        trip = _slowest(sent, began, answers, late, index)
        end = ends[index]
        if end is None:
            gaps.append(Gap(sent[index], t_end, max(before, trip)))
            break
        at, by = end
        # It may have ended as soon as the last lost probe was sent; but an answer that was held
        # back is let go by the end itself.
        lost = by > index and at - sent[by] <= late
        after = at - began[by - 1] if lost else trip
        gaps.append(Gap(sent[index], at, max(before, after + trip)))
        index = max(index + 1, bisect.bisect_right(sent, at))
    return gaps


def _slowest(
    sent: Sequence[float],
    began: Sequence[float],
    answers: Sequence[float | None],
    late: float,
    index: int,
) -> float:
    """The longest of the round trips before a probe that were in time; 0 without any."""
    near = range(bisect.bisect_left(sent, sent[index] - NEAR_SECONDS), index)
    return max(
        (
            answer - began[each]
            for each in near
            if (answer := answers[each]) is not None and answer - sent[each] <= late
        ),
        default=0.0,
    )


def _first_answers(answers: Sequence[float | None]) -> list[tuple[float, int] | None]:
    """For each probe, the first answer to it or to a later one: when, and to which."""
    found: list[tuple[float, int] | None] = [None] * len(answers)
    first: tuple[float, int] | None = None
    for index in range(len(answers) - 1, -1, -1):
        answer = answers[index]
        if answer is not None and (first is None or answer <= first[0]):
            first = (answer, index)
        found[index] = first
    return found
