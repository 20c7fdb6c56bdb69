# SPDX-License-Identifier: Apache-2.0
"""What the report of a probe says of the longest gap in some time, with its error bound.

May not know: how long a gap may be.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise

from migration_tests.judges.course import Seen
from migration_tests.judges.moves import Move
from migration_tests.judges.scenario_record import ScenarioRecord
from migration_tests.record.events import Gap, ProbeReport

AFTERWARDS = 5.0  # seconds after the end of a move in which a gap is still put down to it
_ROUNDING = 1e-6  # seconds


@dataclass(frozen=True)
class Longest:
    """The longest gap, and how short and how long it may have been."""

    length: float
    shortest: float
    longest: float

    def __str__(self) -> str:
        return (
            f"longest gap {ms(self.length)}, surely between {ms(self.shortest)} and"
            f" {ms(self.longest)}"
        )


def longest(probe: ProbeReport, since: float, until: float = float("inf")) -> Longest:
    """Return the longest gap that touches a time.

    A gap that is not listed is no longer than the probe's interval and error; so is one that the
    probe cannot have seen.

    :param since: seconds of the monotonic clock; gaps that ended before it do not count.
    :param until: gaps that began after it do not count.
    """
    gaps = [gap for gap in probe.gaps if gap.t_end > since and gap.t_start < until]
    unseen = probe.interval + probe.error
    length = max((length_of(gap) for gap in gaps), default=0.0)
    if not probe.gaps:
        length = min(probe.longest, unseen)
    errors = [(length_of(gap), gap.error) for gap in gaps]
    shortest = max((length - error for length, error in errors), default=0.0)
    upper = max((length + error for length, error in errors), default=0.0)
    return Longest(length, max(0.0, shortest), max(upper, unseen))


def span(move: Move) -> tuple[float, float] | None:
    """Return the time in which a gap is put down to a move; None while the move has no end."""
    if move.t_start is None or move.t_end is None:
        return None
    return move.t_start, move.t_end + AFTERWARDS


def length_of(gap: Gap) -> float:
    """Return the length of a gap in seconds."""
    return gap.t_end - gap.t_start


def doubt(seen: Seen[ProbeReport], begin: float, end: float) -> str:
    """Return why a report tells no gap of a time, as a sentence, or nothing."""
    probe = seen.event
    for wrong in _contradictions(probe):
        return f"The probe's report contradicts itself: {wrong}."
    if probe.t_end > seen.t + 1:
        return "The probe's report contradicts itself: it was written down before its end."
    if not probe.t_start < begin <= end < probe.t_end:
        return "The probe did not run all the time that it was needed for."
    if not probe.answered:
        return "The probe never had an answer, so it can tell no gap."
    return ""


def another_limit(record: ScenarioRecord, probe: ProbeReport, names: Iterable[str]) -> str:
    """Return why a report is not about the limits of the plan, as a sentence, or nothing.

    :param names: options that limit the gap; the least value counts
    """
    known = record.plan.limits if record.plan else {}
    limit = min((known[name] for name in names if name in known), default=probe.threshold)
    if limit == probe.threshold:
        return ""
    return f"The probe's limit is {ms(probe.threshold)}, that of the plan is {ms(limit)}."


def _contradictions(probe: ProbeReport) -> Iterator[str]:
    took = probe.t_end - probe.t_start
    if probe.interval <= 0 or probe.error < 0 or took <= 0:
        yield f"it ran for {took:.1f} s, with a probe every {probe.interval:g} s"
    # Probes are sent at their own times or later, never more often than planned.
    elif probe.sent > took / probe.interval + 2:
        yield f"it sent {probe.sent} probes in {took:.1f} s, one every {probe.interval:g} s"
    if probe.answered > probe.sent:
        yield f"{probe.answered} answers to {probe.sent} probes"
    lengths = [length_of(gap) for gap in probe.gaps]
    if lengths and abs(max(lengths) - probe.longest) > _ROUNDING:
        yield f"its longest gap is {max(lengths):.3f} s, not {probe.longest:.3f} s"
    if not lengths and probe.longest > probe.interval + probe.error + _ROUNDING:
        yield f"a gap of {probe.longest:.3f} s is not listed"
    for gap in probe.gaps:
        if not probe.t_start - _ROUNDING <= gap.t_start < gap.t_end <= probe.t_end + _ROUNDING:
            yield f"it has a gap from {gap.t_start:.3f} to {gap.t_end:.3f}"
        if not 0 <= gap.error <= probe.error:
            yield f"a gap has an error bound of {gap.error:g} s"
    for former, later in pairwise(probe.gaps):
        if later.t_start < former.t_end - _ROUNDING:
            yield f"its gaps from {former.t_start:.3f} and from {later.t_start:.3f} overlap"


def ms(seconds: float) -> str:
    """Return seconds as milliseconds for people."""
    return f"{seconds * 1000:.0f} ms"
