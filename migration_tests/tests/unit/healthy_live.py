# SPDX-License-Identifier: Apache-2.0
"""A hand-built record of healthy live migrations.

Two servers, on shared storage and on a volume, move from compute1 to compute2 while they write;
a bystander on compute2 answers on. At the end the moved servers are rebooted the hard way.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable

from migration_tests.record import words
from migration_tests.record.events import (
    ActionEvent,
    DataRead,
    Gap,
    MigrationSeen,
    MoveRequested,
    ProbeReport,
    RequestMade,
    ServerAction,
    WriterEnded,
    WriteResumed,
    WriterStarted,
    WritesAcknowledged,
)
from migration_tests.record.history import Line
from migration_tests.tests.unit import record_parts as parts
from migration_tests.tests.unit.healthy_record import allocation, ssh
from migration_tests.tests.unit.living_host import LivingHost, inspected, looks
from migration_tests.tests.unit.record_parts import (
    BYS,
    DESTINATION,
    OFF,
    PAUSED,
    RUNS,
    SHR,
    SOURCE,
    VOL,
    Timed,
    seen,
    snapshot,
    volume,
    watched,
)

SCENARIO = "live_migrate"
SUBJECTS = (SHR, VOL)
ASKED, ENDED = 60.0, 66.0  # when the moves were asked for, and had ended
LIMIT = "live_gap_limit"


PLAN = {
    0.0: parts.phase("boot", "booting the servers", "server.ssh:before", "guest.metadata:before"),
    22.0: parts.phase(
        "watch_domains", "beginning to watch the domains of the hosts", "domains.seen"
    ),
    22.5: parts.phase(
        "start_writers",
        "getting the servers to write",
        *("writer.started", "writer.acknowledged", "probe.report"),
        *("writer.ended", "writer.ended:last"),
        *looks(words.BEFORE),
        *parts.FILLED_IN,
        "host.inspected:before",
    ),
    59.0: parts.phase(
        "live_migrate",
        "live-migrating the servers",
        *("move.requested", "server.action"),
        *looks(words.MOVED),
    ),
    70.0: parts.phase(
        "reconnect",
        "logging in to the moved servers",
        "guest.metadata:running",
        *("server.ssh:running", "data.read:running", "writer.resumed"),
        *looks(words.RUNNING),
    ),
    80.0: parts.phase(
        "inspect_hosts",
        "looking at what is left behind",
        *("data.read:returned", "host.inspected:returned", "host.inspected:disks"),
        *looks(words.RETURNED),
        recovery=True,
    ),
    90.0: parts.phase(
        "hard_reboot",
        "rebooting the servers the hard way",
        "guest.metadata:rebooted",
        *("server.request", "server.ssh:rebooted", "data.read:rebooted"),
        recovery=True,
    ),
}
EXPECTED = parts.expectation(words.LIVE_MIGRATION, SHR, gap_limit=LIMIT)


ON_A_LIVING_HOST = LivingHost(
    title="servers are live-migrated",
    phases=PLAN,
    expected=dict.fromkeys(SUBJECTS, (EXPECTED,)),
    limits={LIMIT: 1.0},
)
plan, introduced = ON_A_LIVING_HOST.plan, ON_A_LIVING_HOST.introduced


def migration(server: str, status: str) -> MigrationSeen:
    return MigrationSeen(
        server=server,
        migration=f"m-{server}",
        type=words.LIVE_MIGRATION,
        status=status,
        source=SOURCE,
        destination=DESTINATION,
        created_at="2026-11-21T02:00:09.000000",
        updated_at="2026-11-21T02:00:15.000000",
    )


def _subject(server: str) -> list[Timed]:
    live = ActionEvent(
        event="compute_live_migration",
        start_at="2026-11-21T02:00:10.000000",
        finish_at="2026-11-21T02:00:15.000000",
        result="Success",
        host=SOURCE,
    )
    action = ServerAction(
        server=server,
        action="live-migration",
        request_id=f"req-{server}",
        start_at="2026-11-21T02:00:09.000000",
        events=(live,),
    )
    gap = Gap(t_start=64.0, t_end=64.25, error=0.01)
    found: list[Timed] = [
        (1, introduced(server, SOURCE)),
        (20, seen(server, "ACTIVE", None, SOURCE)),
        (21, ssh(server, words.BEFORE, 1)),
        (21.5, parts.guest_metadata(server, words.BEFORE)),
        (23, WriterStarted(server=server, path="/records")),
        (24, WritesAcknowledged(server=server, first=1, last=40)),
        (25, snapshot(server, words.BEFORE, SOURCE)),
        (25, allocation(server, words.BEFORE, SOURCE)),
        (
            ASKED,
            MoveRequested(
                server=server, move=words.LIVE_MIGRATION, accepted=True, http_status=202
            ),
        ),
        (61, migration(server, "preparing")),
        (61, seen(server, "MIGRATING", "migrating", SOURCE)),
        (63, WritesAcknowledged(server=server, first=41, last=90)),
        (ENDED, migration(server, "completed")),
        (66, seen(server, "ACTIVE", None, DESTINATION)),
        (67, WritesAcknowledged(server=server, first=91, last=110)),
        (68, action),
        (69, snapshot(server, words.MOVED, DESTINATION)),
        (69, allocation(server, words.MOVED, DESTINATION)),
        (71, ssh(server, words.RUNNING, 1)),
        (72, WriterEnded(server=server, reason="the servers are read", last=110)),
        (73, DataRead(server=server, moment=words.RUNNING, intact=((1, 110),))),
        (74, WriteResumed(server=server, number=111)),
        (74.5, parts.guest_metadata(server, words.RUNNING)),
        (75, snapshot(server, words.RUNNING, DESTINATION)),
        (75, allocation(server, words.RUNNING, DESTINATION)),
        (81, DataRead(server=server, moment=words.RETURNED, intact=((1, 111),))),
        (82, snapshot(server, words.RETURNED, DESTINATION)),
        (82, allocation(server, words.RETURNED, DESTINATION)),
        (91, RequestMade(server=server, request="hard_reboot", accepted=True)),
        (92, seen(server, "HARD_REBOOT", "reboot_started_hard", DESTINATION)),
        (95, seen(server, "ACTIVE", None, DESTINATION)),
        (97, ssh(server, words.REBOOTED, 2)),
        (97.5, parts.guest_metadata(server, words.REBOOTED)),
        (98, DataRead(server=server, moment=words.REBOOTED, intact=((1, 111),))),
        (99, probe(server, gap)),
    ]
    if server == VOL:
        moments = {25: words.BEFORE, 69: words.MOVED, 75: words.RUNNING, 82: words.RETURNED}
        for t, moment in moments.items():
            host = SOURCE if moment == words.BEFORE else DESTINATION
            found.append((t, volume(server, moment, host)))
    return found


def probe(server: str, *gaps: Gap) -> ProbeReport:
    return ProbeReport(
        server=server,
        interval=0.01,
        sent=7000,
        answered=6900,
        t_start=24,
        t_end=98.5,
        longest=max((gap.t_end - gap.t_start for gap in gaps), default=0.0),
        error=0.02,
        threshold=1.0,
        gaps=gaps,
    )


BOTH = dict.fromkeys(SUBJECTS, RUNS)
COMING = dict.fromkeys(SUBJECTS, PAUSED)
THERE = {**BOTH, BYS: RUNS}


def _on_hosts() -> list[Timed]:
    return [
        (26, inspected(SOURCE, words.BEFORE, BOTH)),
        watched(SOURCE, 24, 62, BOTH),
        watched(SOURCE, 64, 64, COMING),
        watched(SOURCE, 66, 98, {}),
        watched(DESTINATION, 24, 60, {BYS: RUNS}),
        watched(DESTINATION, 62, 64, {**COMING, BYS: RUNS}),
        watched(DESTINATION, 66, 88, THERE),
        watched(DESTINATION, 91.5, 91.5, {**dict.fromkeys(SUBJECTS, OFF), BYS: RUNS}),
        watched(DESTINATION, 94, 98, THERE),
        (83, inspected(SOURCE, words.RETURNED, {})),
        (83, inspected(DESTINATION, words.RETURNED, THERE)),
    ]


def healthy() -> list[Timed]:
    """Return every event of a scenario in which all promises were kept, with its time."""
    more: list[Timed] = [
        (99, dataclasses.replace(probe(BYS), longest=0.02)),
        *_on_hosts(),
    ]
    for server in SUBJECTS:
        more += _subject(server)
    return ON_A_LIVING_HOST.events((82, words.RETURNED), more)


def lines(events: Iterable[Timed], scenario: str | None = SCENARIO) -> list[Line]:
    """Return the events as the lines a history holds, through JSON and back."""
    return parts.lines(events, scenario)
