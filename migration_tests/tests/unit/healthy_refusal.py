# SPDX-License-Identifier: Apache-2.0
"""A hand-built record of moves that came to nothing, as they must.

Of a server on shared storage and of one on a volume an evacuation is refused and a live migration
accepted that cannot be made; a bystander answers on.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable

from migration_tests.record import words
from migration_tests.record.events import (
    MigrationSeen,
    MoveRequested,
)
from migration_tests.record.history import Line
from migration_tests.tests.unit import record_parts as parts
from migration_tests.tests.unit.healthy_live import probe
from migration_tests.tests.unit.healthy_record import allocation, ssh
from migration_tests.tests.unit.living_host import LivingHost, inspected, looks
from migration_tests.tests.unit.record_parts import (
    BYS,
    DESTINATION,
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

SCENARIO = "refusals"
SUBJECTS = (SHR, VOL)


PLAN = {
    0.0: parts.phase("boot", "booting the servers", "server.ssh:before", "probe.report"),
    22.0: parts.phase(
        "watch_domains", "beginning to watch the domains of the hosts", "domains.seen"
    ),
    22.5: parts.phase(
        "snapshot",
        "looking at the servers",
        *looks(words.BEFORE),
        *parts.FILLED_IN,
        "host.inspected:before",
    ),
    59.0: parts.phase(
        "try_evacuation",
        "asking for evacuations that must not be made",
        "move.requested",
        *looks(words.REFUSED),
    ),
    69.0: parts.phase(
        "try_live_migration",
        "asking for live migrations that must not be made",
        "move.requested",
        *looks(words.REFUSED),
    ),
    80.0: parts.phase(
        "inspect_hosts",
        "looking at what is there",
        *("host.inspected:running", "host.inspected:disks"),
        *looks(words.RUNNING),
        recovery=True,
    ),
}
_NOTHING = {"place": words.SAME_HOST}
EXPECTED = (
    parts.expectation(words.EVACUATION, SHR, refused="400", **_NOTHING),
    parts.expectation(words.LIVE_MIGRATION, SHR, fails="error", **_NOTHING),
)


ON_A_LIVING_HOST = LivingHost(
    title="moves are asked for that must not be made",
    phases=PLAN,
    expected=dict.fromkeys(SUBJECTS, EXPECTED),
)
plan, introduced = ON_A_LIVING_HOST.plan, ON_A_LIVING_HOST.introduced


def migration(server: str, status: str) -> MigrationSeen:
    return MigrationSeen(
        server=server,
        migration=f"m-{server}",
        type=words.LIVE_MIGRATION,
        status=status,
        source=SOURCE,
        destination=None,
        created_at="2026-11-21T02:00:09.000000",
        updated_at="2026-11-21T02:00:15.000000",
    )


def _subject(server: str) -> list[Timed]:
    refused = MoveRequested(
        server=server,
        move=words.EVACUATION,
        accepted=False,
        http_status=400,
        error="Compute service of compute1 is still in use.",
    )
    taken = MoveRequested(server=server, move=words.LIVE_MIGRATION, accepted=True, http_status=202)
    found: list[Timed] = [
        (1, introduced(server, SOURCE)),
        (20, seen(server, "ACTIVE", None, SOURCE)),
        (21, ssh(server, words.BEFORE, 1)),
        (25, snapshot(server, words.BEFORE, SOURCE)),
        (25, allocation(server, words.BEFORE, SOURCE)),
        (60, refused),
        (65, snapshot(server, words.REFUSED, SOURCE)),
        (65, allocation(server, words.REFUSED, SOURCE)),
        (70, taken),
        (71, migration(server, "accepted")),
        (71, seen(server, "MIGRATING", "migrating", SOURCE)),
        (73, migration(server, "error")),
        (73, seen(server, "ACTIVE", None, SOURCE)),
        (75, snapshot(server, words.REFUSED, SOURCE)),
        (75, allocation(server, words.REFUSED, SOURCE)),
        (82, snapshot(server, words.RUNNING, SOURCE)),
        (82, allocation(server, words.RUNNING, SOURCE)),
        (99, probe(server)),
    ]
    if server == VOL:
        looks = ((25, words.BEFORE), (65, words.REFUSED), (75, words.REFUSED), (82, words.RUNNING))
        found += [(t, volume(server, moment, SOURCE)) for t, moment in looks]
    return found


HERE = dict.fromkeys(SUBJECTS, RUNS)


def healthy() -> list[Timed]:
    """Return every event of a scenario in which all promises were kept, with its time."""
    more: list[Timed] = [
        (99, dataclasses.replace(probe(BYS), longest=0.02)),
        (26, inspected(SOURCE, words.BEFORE, HERE)),
        watched(SOURCE, 24, 98, HERE),
        watched(DESTINATION, 24, 98, {BYS: RUNS}),
        (83, inspected(SOURCE, words.RUNNING, HERE)),
        (83, inspected(DESTINATION, words.RUNNING, {BYS: RUNS})),
    ]
    for server in SUBJECTS:
        more += _subject(server)
    return ON_A_LIVING_HOST.events((82, words.RUNNING), more)


def lines(events: Iterable[Timed], scenario: str | None = SCENARIO) -> list[Line]:
    """Return the events as the lines a history holds, through JSON and back."""
    return parts.lines(events, scenario)
