# SPDX-License-Identifier: Apache-2.0
"""Ways to break a promise of a live migration: how the record shows it, who must fail."""

from __future__ import annotations

from migration_tests.record import words
from migration_tests.record.events import (
    DataRead,
    DomainsSeen,
    Gap,
    MigrationSeen,
    MoveRequested,
    ProbeReport,
    RequestMade,
    ScenarioFinished,
    ScenarioStopped,
    ServerAction,
    ServerSeen,
    ServerSnapshot,
    SshAnswered,
    WriterEnded,
    WriteResumed,
    WritesAcknowledged,
)
from migration_tests.tests.unit import healthy_live as healthy
from migration_tests.tests.unit import record_parts as parts
from migration_tests.tests.unit.record_parts import (
    BYS,
    DESTINATION,
    OFF,
    SHR,
    SOURCE,
    VOL,
    Spoil,
    changed,
    with_events,
    without,
)
from migration_tests.tests.unit.spoils import Breakages, disk_of, domain, no_ssh, port_of

REFUSED = {"accepted": False, "http_status": 400, "error": "not supported"}
AFTER = (words.MOVED, words.RUNNING, words.RETURNED)


def not_moved(*servers: str) -> Spoil:
    """Let servers stay where they are, running and writing on."""

    def spoil(events: list[parts.Timed]) -> list[parts.Timed]:
        for server in servers:
            events = changed(ServerSnapshot, {"host": SOURCE}, server=server, moment=AFTER)(events)
            events = port_of(server, AFTER, host=SOURCE)(events)
            events = changed(ServerSeen, {"host": SOURCE}, server=server)(events)
        return events

    return spoil


def stopped(t: float, phase: str, reason: str) -> Spoil:
    """Let the scenario stop at a time: no further step, but the whole recovery."""
    stop = (t, ScenarioStopped(phase=phase, cause=words.CLOUD, reason=reason))

    def spoil(events: list[parts.Timed]) -> list[parts.Timed]:
        kept = [
            (at, e)
            for at, e in events
            if at <= t or at >= 80 or isinstance(e, DomainsSeen | WriterEnded)
        ]
        kept = [(at, e) for at, e in kept if not isinstance(e, ScenarioFinished)]
        end = (100.0, ScenarioFinished(complete=False))
        return sorted([*kept, stop, end], key=lambda one: one[0])

    return spoil


def probed(*gaps: Gap) -> Spoil:
    """Let the probe of a moved server report other gaps."""
    longest = max(gap.t_end - gap.t_start for gap in gaps)
    return changed(ProbeReport, {"gaps": gaps, "longest": longest}, server=SHR)


LIVE_BREAKAGES: Breakages = {
    "the live migration is refused": (
        (
            changed(MoveRequested, REFUSED, server=SHR),
            without(MigrationSeen, server=SHR),
            not_moved(SHR),
        ),
        "migration_completed",
        SHR,
    ),
    "all live migrations are refused and the scenario stops there": (
        (
            changed(MoveRequested, REFUSED),
            without(MigrationSeen),
            not_moved(*healthy.SUBJECTS),
            without(RequestMade),
            without(SshAnswered, moment=words.REBOOTED),
            stopped(62, "live_migrate", "no server was live-migrated away from compute1"),
        ),
        "migration_completed",
        healthy.SUBJECTS,
    ),
    "the live migration ends in error": (
        (
            changed(MigrationSeen, {"status": "error"}, server=SHR, status="completed"),
            not_moved(SHR),
        ),
        "migration_completed",
        SHR,
    ),
    "no live migration ends and the scenario stops there": (
        (
            without(MigrationSeen, status="completed"),
            not_moved(*healthy.SUBJECTS),
            without(RequestMade),
            without(SshAnswered, moment=words.REBOOTED),
            stopped(69, "live_migrate", "the live migrations are still running after 300 s"),
        ),
        "migration_completed",
        healthy.SUBJECTS,
    ),
    "an event of the action failed": (
        (changed(ServerAction, {"message": "Error"}, server=VOL),),
        "action_succeeded",
        VOL,
    ),
    "the server is where it was": (
        (not_moved(SHR),),
        "landed_elsewhere",
        SHR,
    ),
    "the server is not ACTIVE after the move": (
        (changed(ServerSnapshot, {"status": "PAUSED"}, server=SHR, moment=words.MOVED),),
        "status_as_promised",
        SHR,
    ),
    "a task state of another kind of move is seen": (
        (with_events((62, parts.seen(SHR, "ACTIVE", "rebuilding", SOURCE))),),
        "task_states_in_order",
        SHR,
    ),
    "the server was rebooted": (
        (changed(SshAnswered, {"boot_id": "another"}, server=SHR, moment=words.RUNNING),),
        "not_rebooted",
        SHR,
    ),
    "the writer did not go on": (
        (
            without(WritesAcknowledged, server=SHR, first=91),
            changed(WriterEnded, {"reason": "connection lost", "last": 90}, server=SHR),
        ),
        "not_rebooted",
        SHR,
    ),
    "the server was away for too long": (
        (probed(Gap(t_start=62.0, t_end=64.5, error=0.01)),),
        "gap_within_limit",
        SHR,
    ),
    "the server was away for too long after the end of the move": (
        (probed(Gap(t_start=70.0, t_end=72.5, error=0.01)),),
        "gap_within_limit",
        SHR,
    ),
    "the bystander was away": (
        (
            changed(
                ProbeReport,
                {"gaps": (Gap(t_start=62.0, t_end=64.5, error=0.01),), "longest": 2.5},
                server=BYS,
            ),
        ),
        "bystander_undisturbed",
        BYS,
    ),
    "the source runs on beside the destination": (
        (
            without(DomainsSeen, host=SOURCE),
            with_events(
                parts.watched(SOURCE, 40, 74, healthy.BOTH),
                parts.watched(SOURCE, 76, 98, {}),
            ),
        ),
        "single_copy",
        healthy.SUBJECTS,
    ),
    "the source keeps the domain": (
        (domain(SOURCE, SHR, OFF),),
        "source_without_domain",
        SHR,
    ),
    "the bystander's domain does not run at the end": (
        (domain(DESTINATION, BYS, OFF),),
        "domain_running",
        BYS,
    ),
    "a write is lost in the move": (
        (changed(DataRead, {"intact": ((1, 60), (62, 111))}, server=SHR),),
        "acknowledged_writes_present",
        SHR,
    ),
    "a write of after the move is lost in the reboot": (
        (changed(DataRead, {"intact": ((1, 100),)}, server=SHR, moment=words.REBOOTED),),
        "later_writes_present",
        SHR,
    ),
    "the disk is deleted when the source lets go of it": (
        (disk_of(SHR, present=False), no_ssh(SHR, words.REBOOTED)),
        "disk_in_place",
        SHR,
    ),
    "the server does not answer after the move": (
        (
            no_ssh(SHR),
            without(WriteResumed, server=SHR),
            without(WritesAcknowledged, server=SHR, first=91),
            probed(Gap(t_start=64.0, t_end=98.5, error=0.01)),
        ),
        "ssh_answers",
        SHR,
    ),
}
