# SPDX-License-Identifier: Apache-2.0
"""The judge of bystanders: a server on another host must not notice the disaster.

May not know: the server that was evacuated.
"""

from __future__ import annotations

from migration_tests.judges.engine import ServerJudge
from migration_tests.judges.finding import Finding, failed, passed, unclear
from migration_tests.judges.story_record import StoryRecord
from migration_tests.record import words
from migration_tests.record.events import Gap, HostKilled, ProbeReport, ServerIntroduced


def _undisturbed(record: StoryRecord, server: ServerIntroduced) -> Finding:
    killed = record.last(HostKilled, "report of the fault")
    seen = record.last(ProbeReport, "report of the probe", server=server.server)
    probe = seen.event
    lines = (killed.line, seen.line)
    cut = killed.t if killed.event.t_injected is None else killed.event.t_injected
    longest, shortest_end, longest_end = gap_bounds(probe, cut)
    calm = max((_length(gap) for gap in probe.gaps if gap.t_end <= cut), default=0.0)
    expected = f"no gap longer than {_ms(probe.threshold)}"
    found = (
        f"longest gap {_ms(longest)}, surely between {_ms(shortest_end)} and {_ms(longest_end)};"
        f" before the disaster {_ms(calm)}"
    )
    if not probe.t_start < cut < probe.t_end:
        reason = "The probe did not run while the host was cut off."
        return unclear(reason, expected, found, *lines)
    if not probe.answered:
        reason = "The probe never had an answer, so it can tell no gap."
        return unclear(reason, expected, found, *lines)
    if longest_end <= probe.threshold:
        return passed(expected, found, *lines)
    if shortest_end <= probe.threshold:
        reason = "The longest gap is as long as allowed, within the error of the probe."
        return unclear(reason, expected, found, *lines)
    if calm >= shortest_end:
        reason = (
            f"The bystander was not reachable for {_ms(longest)}, but it had a gap of {_ms(calm)}"
            " before the disaster, too."
        )
        return unclear(reason, expected, found, *lines)
    reason = (
        f"The bystander was not reachable for {_ms(longest)} (surely {_ms(shortest_end)}) after"
        f" {killed.event.host} was cut off; before, its longest gap was {_ms(calm)}."
    )
    return failed(reason, expected, found, *lines)


def gap_bounds(probe: ProbeReport, since: float) -> tuple[float, float, float]:
    """Return the longest gap since a time, and how short and how long it may have been at most.

    A gap that is not listed is no longer than the probe's interval and error; so is one that the
    probe cannot have seen.

    :param since: seconds of the monotonic clock; gaps that ended before it do not count.
    """
    gaps = [gap for gap in probe.gaps if gap.t_end > since]
    unseen = probe.interval + probe.error
    longest = max((_length(gap) for gap in gaps), default=0.0)
    if not probe.gaps:
        longest = min(probe.longest, unseen)
    errors = [(_length(gap), probe.error if gap.error is None else gap.error) for gap in gaps]
    shortest_end = max((length - error for length, error in errors), default=0.0)
    longest_end = max((length + error for length, error in errors), default=0.0)
    return longest, max(0.0, shortest_end), max(longest_end, unseen)


def _length(gap: Gap) -> float:
    return gap.t_end - gap.t_start


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms"


BYSTANDER_UNDISTURBED = ServerJudge(
    name="bystander_undisturbed",
    question="the server on another host saw no outage",
    ask=_undisturbed,
    roles=(words.BYSTANDER,),
    needs=("host_died",),
)
