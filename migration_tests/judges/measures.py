# SPDX-License-Identifier: Apache-2.0
"""What can be measured in a record: recovery times, the bystander's longest gap, writes.

Times of recovery count from the moment the host was cut off; each names its error bound. A
measure whose evidence is missing is left out. May not know: what is good or bad.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Sequence
from typing import Any

from migration_tests.judges.bystander import gap_bounds
from migration_tests.judges.data import merge, size
from migration_tests.judges.evacuation import ARRIVED
from migration_tests.judges.story_record import Seen, StoryRecord
from migration_tests.record import words
from migration_tests.record.events import (
    HostBooted,
    HostKilled,
    MigrationSeen,
    PortSeen,
    ProbeReport,
    RequestMade,
    ServerAction,
    ServerIntroduced,
    ServerSeen,
    ServiceReported,
    ServiceSeen,
    SshAnswered,
    WriteResumed,
    WritesAcknowledged,
)
from migration_tests.record.verdicts import Measure

SECONDS = "s"
TASK_STATES = {
    "rebuilding": "rebuilding",
    "rebuild_block_device_mapping": "block_devices",
    "rebuild_spawning": "spawning",
}
CLOUD_STAMP = 1.0  # Nova's time stamps are whole seconds: the bound of their error


def measure(record: StoryRecord) -> list[Measure]:
    """Return all measures of one story."""
    measures = list(_writes(record))
    measures += _bystander(record)
    killed = record.all(HostKilled)
    if killed:
        measures += _host(record, killed[-1])
        for server in record.servers:
            if server.role == words.SUBJECT:
                measures += _recovery(record, server, killed[-1])
    return measures


def _host(record: StoryRecord, killed: Seen[HostKilled]) -> Iterator[Measure]:
    cut = _cut(killed)
    dead = sorted(
        reading.t_mono
        for reading in killed.event.readings
        if reading.says == "dead" and not reading.driver and reading.t_mono is not None
    )
    if len(dead) >= 2:
        yield _measure(record, "recovery.host_seen_dead", dead[1] - cut, error=None)
    services = [s for s in record.all(ServiceSeen, host=killed.event.host) if s.t >= cut]
    for seen in services:
        if seen.event.state == "down":
            error = _error(seen.t, seen.event.t_unchanged)
            yield _measure(record, "recovery.service_down", seen.t - cut, error=error)
            break
    for boot in record.all(HostBooted, host=killed.event.host, moment=words.RECOVERED):
        yield _measure(record, "recovery.host_booted", boot.t - cut, error=None)
        break
    for report in record.all(ServiceReported, host=killed.event.host):
        yield _measure(record, "recovery.service_reports", report.t - cut, error=None)
        break
    down = [seen.line for seen in services if seen.event.state == "down"]
    for seen in services:
        if seen.event.state == "up" and down and seen.line > down[0]:
            error = _error(seen.t, seen.event.t_unchanged)
            yield _measure(record, "recovery.service_up", seen.t - cut, error=error)
            break


def _recovery(
    record: StoryRecord, server: ServerIntroduced, killed: Seen[HostKilled]
) -> Iterator[Measure]:
    """The phases of one server's recovery, each as the time since the host was cut off."""
    cut, who = _cut(killed), server.server
    moments: dict[str, tuple[float, float | None]] = {}

    def note(name: str, seen: Sequence[Seen[Any]]) -> None:
        after = [one for one in seen if one.line > killed.line]
        if after:
            error = _error(after[0].t, getattr(after[0].event, "t_unchanged", None))
            moments[name] = (after[0].t, error)

    note("evacuation_accepted", record.all(RequestMade, server=who, request="evacuate"))
    for state, name in TASK_STATES.items():
        note(name, record.all(ServerSeen, server=who, task_state=state))
    arrived = record.all(MigrationSeen, server=who, type="evacuation", status=ARRIVED)
    note("evacuation_done", arrived)
    active = record.all(ServerSeen, server=who, status="ACTIVE", task_state=None)
    note("active", [one for one in active if arrived and one.t >= arrived[0].t])
    ports = record.all(PortSeen, server=who, status="ACTIVE")
    note("port_active", [one for one in ports if one.event.host != killed.event.host])
    note("ssh", record.all(SshAnswered, server=who, moment=words.STARTED, answered=True))
    note("first_write", record.all(WriteResumed, server=who))
    note("clean_up_completed", [one for one in arrived if one.event.status == "completed"])
    for name, (t, error) in moments.items():
        yield _measure(record, f"recovery.{name}", t - cut, error=error, server=server)
    yield from _rebuild(record, server)


def _rebuild(record: StoryRecord, server: ServerIntroduced) -> Iterator[Measure]:
    """How long the target host worked, by the cloud's own time stamps."""
    for action in record.all(ServerAction, server=server.server, action="evacuate")[-1:]:
        for event in action.event.events:
            if event.event == "compute_rebuild_instance" and event.start_at and event.finish_at:
                took = _stamp(event.finish_at) - _stamp(event.start_at)
                seconds = took.total_seconds()
                yield _measure(
                    record, "evacuation.rebuild", seconds, error=2 * CLOUD_STAMP, server=server
                )


def _stamp(text: str) -> datetime.datetime:
    return datetime.datetime.fromisoformat(text)


def _bystander(record: StoryRecord) -> Iterator[Measure]:
    """The longest gap since the host was cut off; without a disaster, of the whole time."""
    killed = record.all(HostKilled)
    for server in record.servers:
        if server.role != words.BYSTANDER:
            continue
        for seen in record.all(ProbeReport, server=server.server)[-1:]:
            probe = seen.event
            since = _cut(killed[-1]) if killed else probe.t_start
            longest, shortest_end, longest_end = gap_bounds(probe, since)
            yield _measure(
                record,
                "bystander.longest_gap",
                longest,
                error=max(longest_end - longest, longest - shortest_end),
                server=server,
                samples=probe.sent,
            )


def _writes(record: StoryRecord) -> Iterator[Measure]:
    for server in record.servers:
        ranges = [
            (s.event.first, s.event.last)
            for s in record.all(WritesAcknowledged, server=server.server)
        ]
        if ranges:
            yield Measure(
                name="writes.acknowledged",
                story=record.story,
                storage=server.storage,
                server=server.server,
                unit="records",
                value=size(merge(ranges)),
                error=0,
                samples=len(ranges),
            )


def _cut(killed: Seen[HostKilled]) -> float:
    return killed.t if killed.event.t_injected is None else killed.event.t_injected


def _error(t: float, t_unchanged: float | None) -> float | None:
    return None if t_unchanged is None else max(0.0, t - t_unchanged)


def _measure(
    record: StoryRecord,
    name: str,
    seconds: float,
    *,
    error: float | None,
    server: ServerIntroduced | None = None,
    samples: int = 1,
) -> Measure:
    return Measure(
        name=name,
        story=record.story,
        storage=server.storage if server else None,
        server=server.server if server else None,
        unit=SECONDS,
        value=round(seconds, 3),
        error=None if error is None else round(error, 3),
        samples=samples,
    )
