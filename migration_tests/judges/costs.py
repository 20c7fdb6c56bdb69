# SPDX-License-Identifier: Apache-2.0
"""What a scenario cost, and what it gave for it: time, requests, verdicts.

The cloud needs a time of its own for what it is asked to do; the rest is the suite's. May not
know: what is good or bad.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from migration_tests.judges.applies import MOVED, STAYED
from migration_tests.judges.scenario_record import ScenarioRecord
from migration_tests.record import stamps, words
from migration_tests.record.events import (
    PhaseStarted,
    RequestsCounted,
    ScenarioFinished,
    ScenarioPlanned,
    ServerAction,
    ServerSeen,
    ServiceReported,
    ServiceSeen,
    SshAnswered,
)
from migration_tests.record.verdicts import FAIL, PASS, Measure, Verdict

Span = tuple[float, float]  # seconds of the monotonic clock

WALL, CLOUD, RATIO = "cost.wall_time", "cost.cloud_time", "cost.time_ratio"
VERDICTS, REQUESTS = "cost.verdicts_per_kill", "cost.requests_per_move"


def costs(record: ScenarioRecord, verdicts: Sequence[Verdict]) -> Iterator[Measure]:
    """Yield the costs of one scenario; none of one that did not go to its end.

    :param verdicts: all verdicts on it
    """
    finished = record.all(ScenarioFinished, complete=True)
    planned = record.all(ScenarioPlanned)
    if not finished or not planned:
        return
    wall = finished[-1].t - planned[0].t
    spans = list(_spans(record))
    cloud = length(spans)
    yield _measure(record, WALL, "s", wall)
    if cloud and wall:
        # The cloud's own stamps are whole seconds: at each end of a span up to one is unknown.
        yield _measure(record, CLOUD, "s", cloud, min(2.0 * len(spans), wall), samples=len(spans))
        yield _measure(record, RATIO, "x", wall / cloud)
    if record.disturbances:
        moved = {one.server for one in record.servers if MOVED(one) or STAYED(one)}
        judged = [one for one in verdicts if one.outcome in (PASS, FAIL) and one.server in moved]
        kills = len(record.disturbances)
        yield _measure(record, VERDICTS, "verdicts", len(judged) / kills, 0)
    moves = sum(len(record.moves(server)) for server in record.servers)
    for counted in record.all(RequestsCounted)[-1:]:
        if moves:
            yield _measure(record, REQUESTS, "requests", counted.event.requests / moves, 0)


def length(spans: Iterable[Span]) -> float:
    """Return how long at least one of them lasted."""
    total, end = 0.0, float("-inf")
    for start, stop in sorted(spans):
        total += max(0.0, stop - max(start, end))
        end = max(end, stop)
    return total


def _spans(record: ScenarioRecord) -> Iterator[Span]:
    """Yield when the cloud, or a host or guest, was at work on what it was asked for."""
    for server in record.servers:
        actions = record.all(ServerAction, server=server.server)
        # One that was read again counts as it was last.
        for seen in {one.event.request_id: one for one in actions}.values():
            ends = [stamps.parse(e.finish_at) for e in seen.event.events if e.finish_at]
            if seen.event.start_at and ends:
                start = record.t_of(stamps.parse(seen.event.start_at))
                # What is finished within a second may be stamped as if it had lasted none.
                yield start, record.t_of(max(ends)) + 1.0
        yield from _boots(record, server.server)
    for disturbance in record.disturbances:
        down = [s.t for s in record.all(ServiceSeen, host=disturbance.host, state="down")]
        for t in [t for t in down if t >= disturbance.start][:1]:
            yield disturbance.start, t
    begins = {phase.name for phase in record.phases if phase.step == "power_on"}
    on = [seen.t for seen in record.all(PhaseStarted) if seen.event.phase in begins]
    for report in record.all(ServiceReported):
        for start in [t for t in on if t <= report.t][-1:]:
            yield start, report.t


def _boots(record: ScenarioRecord, server: str) -> Iterator[Span]:
    """Yield from when a server was ACTIVE to when it first answered after that."""
    active = [s for s in record.all(ServerSeen, server=server) if s.event.status == words.ACTIVE]
    logins = [s for s in record.all(SshAnswered, server=server) if s.event.answered]
    for former, login in zip([None, *logins], logins, strict=False):
        since = former.t if former else float("-inf")
        for seen in [one for one in active if since < one.t <= login.t][-1:]:
            yield seen.t, login.t


def _measure(
    record: ScenarioRecord,
    name: str,
    unit: str,
    value: float,
    error: float | None = None,
    *,
    samples: int = 1,
) -> Measure:
    return Measure(
        name=name,
        scenario=record.scenario,
        storage=None,
        server=None,
        unit=unit,
        value=round(value, 2),
        error=error,
        samples=samples,
    )
