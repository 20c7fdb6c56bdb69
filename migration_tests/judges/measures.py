# SPDX-License-Identifier: Apache-2.0
"""What can be measured in a record: recovery times, the longest gaps, moves, writes.

Times of recovery count from the moment the host was disturbed; each names its error bound. A
measure whose evidence is missing is left out. May not know: what is good or bad.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from migration_tests.judges import gaps
from migration_tests.judges.course import Seen
from migration_tests.judges.moves import Disturbance, Move
from migration_tests.judges.ranges import merge, size
from migration_tests.judges.scenario_record import ScenarioRecord
from migration_tests.record import stamps, words
from migration_tests.record.events import (
    HostBooted,
    MigrationSeen,
    MoveRequested,
    PortSeen,
    ProbeReport,
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


def measure(record: ScenarioRecord) -> list[Measure]:
    """Return all measures of one scenario."""
    measures = list(_writes(record))
    measures += _bystander(record)
    if record.disturbances:
        measures += _host(record, record.disturbances[-1])
        for server in record.servers:
            if server.role == words.SUBJECT:
                measures += _recovery(record, server, record.disturbances[-1])
    for server in record.servers:
        for move in record.moves(server):
            measures += _move(record, server, move)
    return measures


def _host(record: ScenarioRecord, disturbance: Disturbance) -> Iterator[Measure]:
    cut, host = disturbance.start, disturbance.host
    dead = sorted(
        reading.t_mono
        for reading in disturbance.seen.event.readings
        if reading.says == "dead" and not reading.driver and reading.t_mono is not None
    )
    if len(dead) >= 2:
        yield _measure(record, "recovery.host_seen_dead", dead[1] - cut, error=None)
    services = [s for s in record.all(ServiceSeen, host=host) if s.t >= cut]
    for seen in services:
        if seen.event.state == "down":
            error = _error(seen.t, seen.event.t_unchanged)
            yield _measure(record, "recovery.service_down", seen.t - cut, error=error)
            break
    # One that boots again by itself is up long before it is recovered: its new boot ID proved it.
    booted = [
        reading.t_mono
        for reading in disturbance.seen.event.readings
        if reading.witness == "boot_id" and reading.says == "dead" and reading.t_mono is not None
    ]
    booted += [boot.t for boot in record.all(HostBooted, host=host, moment=words.RETURNED)]
    for t in booted[:1]:
        yield _measure(record, "recovery.host_booted", t - cut, error=None)
    for report in record.all(ServiceReported, host=host):
        yield _measure(record, "recovery.service_reports", report.t - cut, error=None)
        break
    down = [seen.line for seen in services if seen.event.state == "down"]
    for seen in services:
        if seen.event.state == "up" and down and seen.line > down[0]:
            error = _error(seen.t, seen.event.t_unchanged)
            yield _measure(record, "recovery.service_up", seen.t - cut, error=error)
            break


def _recovery(
    record: ScenarioRecord, server: ServerIntroduced, disturbance: Disturbance
) -> Iterator[Measure]:
    """The phases of one server's recovery, each as the time since the host was cut off."""
    cut, who = disturbance.start, server.server
    moments: dict[str, tuple[float, float | None]] = {}

    def note(name: str, seen: Sequence[Seen[Any]]) -> None:
        after = [one for one in seen if one.line > disturbance.line]
        if after:
            error = _error(after[0].t, getattr(after[0].event, "t_unchanged", None))
            moments[name] = (after[0].t, error)

    note("evacuation_accepted", record.all(MoveRequested, server=who, move=words.EVACUATION))
    for state, name in TASK_STATES.items():
        note(name, record.all(ServerSeen, server=who, task_state=state))
    arrived = record.all(MigrationSeen, server=who, type=words.EVACUATION, status=words.ARRIVED)
    note("evacuation_done", arrived)
    active = record.all(ServerSeen, server=who, status="ACTIVE", task_state=None)
    note("active", [one for one in active if arrived and one.t >= arrived[0].t])
    ports = record.all(PortSeen, server=who, status="ACTIVE")
    note("port_active", [one for one in ports if one.event.host != disturbance.host])
    note("ssh", record.all(SshAnswered, server=who, moment=words.RUNNING, answered=True))
    note("first_write", record.all(WriteResumed, server=who))
    note("clean_up_completed", [one for one in arrived if one.event.status == "completed"])
    for name, (t, error) in moments.items():
        yield _measure(record, f"recovery.{name}", t - cut, error=error, server=server)
    yield from _rebuild(record, server)


def _rebuild(record: ScenarioRecord, server: ServerIntroduced) -> Iterator[Measure]:
    """How long the target host worked, by the cloud's own time stamps."""
    for action in record.all(ServerAction, server=server.server, action="evacuate")[-1:]:
        for event in action.event.events:
            if event.event == "compute_rebuild_instance" and event.start_at and event.finish_at:
                took = stamps.parse(event.finish_at) - stamps.parse(event.start_at)
                seconds = took.total_seconds()
                yield _measure(
                    record, "evacuation.rebuild", seconds, error=2 * CLOUD_STAMP, server=server
                )


def _move(record: ScenarioRecord, server: ServerIntroduced, move: Move) -> Iterator[Measure]:
    """How long a move took by the cloud's own stamps, and the longest time without an answer.

    Of an evacuation the times of recovery say both.
    """
    if move.kind == words.EVACUATION:
        return
    last = move.last
    if move.arrival and last and last.event.created_at and last.event.updated_at:
        took = stamps.parse(last.event.updated_at) - stamps.parse(last.event.created_at)
        seconds = took.total_seconds()
        yield _measure(record, "move.duration", seconds, error=2 * CLOUD_STAMP, server=server)
    span = gaps.span(move)
    for seen in record.all(ProbeReport, server=server.server)[-1:]:
        if span:
            yield _longest(record, server, "move.longest_gap", seen, span)


def _bystander(record: ScenarioRecord) -> Iterator[Measure]:
    """The longest gap since something was done; without that, of the whole time."""
    began = record.began()
    for server in record.servers:
        if server.role == words.BYSTANDER:
            for seen in record.all(ProbeReport, server=server.server)[-1:]:
                since = seen.event.t_start if began is None else began
                yield _longest(
                    record, server, "bystander.longest_gap", seen, (since, float("inf"))
                )


def _longest(
    record: ScenarioRecord,
    server: ServerIntroduced,
    name: str,
    seen: Seen[ProbeReport],
    span: tuple[float, float],
) -> Measure:
    found = gaps.longest(seen.event, *span)
    error = max(found.longest - found.length, found.length - found.shortest)
    return _measure(
        record, name, found.length, error=error, server=server, samples=seen.event.sent
    )


def _writes(record: ScenarioRecord) -> Iterator[Measure]:
    for server in record.servers:
        ranges = [
            (s.event.first, s.event.last)
            for s in record.all(WritesAcknowledged, server=server.server)
        ]
        if ranges:
            yield Measure(
                name="writes.acknowledged",
                scenario=record.scenario,
                storage=server.storage,
                server=server.server,
                unit="records",
                value=size(merge(ranges)),
                error=0,
                samples=len(ranges),
            )


def _error(t: float, t_unchanged: float | None) -> float | None:
    return None if t_unchanged is None else max(0.0, t - t_unchanged)


def _measure(
    record: ScenarioRecord,
    name: str,
    seconds: float,
    *,
    error: float | None,
    server: ServerIntroduced | None = None,
    samples: int = 1,
) -> Measure:
    return Measure(
        name=name,
        scenario=record.scenario,
        storage=server.storage if server else None,
        server=server.server if server else None,
        unit=SECONDS,
        value=round(seconds, 3),
        error=None if error is None else round(error, 3),
        samples=samples,
    )
