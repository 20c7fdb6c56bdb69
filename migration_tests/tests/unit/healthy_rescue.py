# SPDX-License-Identifier: Apache-2.0
"""A hand-built record of healthy rescues.

Three servers on compute1 are rescued, read from their rescue systems, and unrescued: one on shared
storage, one on a volume, one on a local disk; a bystander on compute2 answers on. At the end they
are rebooted the hard way.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable

from migration_tests.record import words
from migration_tests.record.events import (
    AttachedDisk,
    DataRead,
    DiskRead,
    HostInspected,
    MoveRequested,
    RequestMade,
    RescueRead,
    WriterEnded,
    WriteResumed,
    WriterStarted,
    WritesAcknowledged,
)
from migration_tests.record.history import Line
from migration_tests.tests.unit import record_parts as parts
from migration_tests.tests.unit.healthy_live import probe
from migration_tests.tests.unit.healthy_record import allocation, ssh
from migration_tests.tests.unit.healthy_resize import GIB, action
from migration_tests.tests.unit.living_host import BEGINNING, ENDING, LivingHost, inspected, looks
from migration_tests.tests.unit.record_parts import (
    BYS,
    DESTINATION,
    EPH,
    OFF,
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

SCENARIO = "rescue"
SUBJECTS = (SHR, VOL, EPH)


PLAN = {
    **BEGINNING,
    59.0: parts.phase(
        "rescue",
        "rescuing the servers",
        *("move.requested", "server.action"),
        *looks(words.MOVED),
    ),
    69.0: parts.phase(
        "read_rescued",
        "reading the servers' disks from their rescue systems",
        *("server.ssh:rescued", "rescue.read", "data.read:rescued"),
    ),
    74.0: parts.phase("unrescue", "unrescuing the servers", "server.request", "server.action"),
    80.0: parts.phase(
        "reconnect",
        "logging in to the servers",
        "guest.metadata:running",
        *("server.ssh:running", "disk.read:running", "data.read:running", "writer.resumed"),
        *looks(words.RUNNING),
    ),
    **ENDING,
}


def expectation(server: str) -> parts.Expectation:
    return parts.expectation(
        words.RESCUE,
        server,
        end=words.IN_RESCUE,
        memory=words.LOST,
        place=words.SAME_HOST,
    )


ON_A_LIVING_HOST = LivingHost(
    title="servers are rescued",
    phases=PLAN,
    expected={server: (expectation(server),) for server in SUBJECTS},
)
plan, introduced = ON_A_LIVING_HOST.plan, ON_A_LIVING_HOST.introduced


def read(server: str) -> RescueRead:
    """What a rescue system has: its own disk in two parts, and the server's."""
    return RescueRead(
        server=server,
        root="vda1",
        root_mark="",
        disks=(
            AttachedDisk(device="vda", size=GIB, mark=None),
            AttachedDisk(device="vda15", size=2**20, mark=""),
            AttachedDisk(device="vdb", size=GIB, mark=None),
            AttachedDisk(device="vdb1", size=GIB - 2**20, mark=server),
        ),
    )


def _subject(server: str) -> list[Timed]:
    found: list[Timed] = [
        (1, introduced(server, SOURCE)),
        (20, seen(server, "ACTIVE", None, SOURCE)),
        (21, ssh(server, words.BEFORE, 1)),
        (21.5, parts.guest_metadata(server, words.BEFORE)),
        (22, DiskRead(server=server, moment=words.BEFORE, fingerprint="image", size=GIB)),
        (23, WriterStarted(server=server, path="/records")),
        (24, WritesAcknowledged(server=server, first=1, last=40)),
        (25, snapshot(server, words.BEFORE, SOURCE)),
        (25, allocation(server, words.BEFORE, SOURCE)),
        (60, MoveRequested(server=server, move=words.RESCUE, accepted=True)),
        (60.5, WriterEnded(server=server, reason="the server was shut down", last=40)),
        (61, seen(server, "ACTIVE", "rescuing", SOURCE)),
        (66, seen(server, words.IN_RESCUE, None, SOURCE)),
        (67, action(server, "rescue", "compute_rescue_instance", SOURCE)),
        (68, snapshot(server, words.MOVED, SOURCE, words.IN_RESCUE)),
        (68, allocation(server, words.MOVED, SOURCE)),
        (70, ssh(server, words.RESCUED, 4)),
        (71, read(server)),
        (71.5, DataRead(server=server, moment=words.RESCUED, intact=((1, 40),))),
        (75, RequestMade(server=server, request="unrescue", accepted=True)),
        (76, seen(server, words.IN_RESCUE, "unrescuing", SOURCE)),
        (78, seen(server, "ACTIVE", None, SOURCE)),
        (79, action(server, "unrescue", "compute_unrescue_instance", SOURCE)),
        (81, ssh(server, words.RUNNING, 2)),
        (82, DiskRead(server=server, moment=words.RUNNING, fingerprint="image", size=GIB)),
        (83, DataRead(server=server, moment=words.RUNNING, intact=((1, 40),))),
        (84, WriteResumed(server=server, number=41)),
        (84.5, parts.guest_metadata(server, words.RUNNING)),
        (85, snapshot(server, words.RUNNING, SOURCE)),
        (85, allocation(server, words.RUNNING, SOURCE)),
        (91, RequestMade(server=server, request="hard_reboot", accepted=True)),
        (92, seen(server, "HARD_REBOOT", "reboot_started_hard", SOURCE)),
        (95, seen(server, "ACTIVE", None, SOURCE)),
        (97, ssh(server, words.REBOOTED, 3)),
        (97.5, parts.guest_metadata(server, words.REBOOTED)),
        (98, DataRead(server=server, moment=words.REBOOTED, intact=((1, 41),))),
        (99, probe(server)),
    ]
    if server == VOL:
        moments = {25: words.BEFORE, 68: words.MOVED, 85: words.RUNNING}
        found += [(t, volume(server, moment, SOURCE)) for t, moment in moments.items()]
    return found


RUN = dict.fromkeys(SUBJECTS, RUNS)
DOWN = dict.fromkeys(SUBJECTS, OFF)


def look(moment: str) -> HostInspected:
    """A look at their host: the local disk is a file of its own."""
    found = inspected(SOURCE, moment, RUN)
    return dataclasses.replace(found, disks=((EPH, parts.path(EPH)),))


def _on_hosts() -> list[Timed]:
    return [
        (26, look(words.BEFORE)),
        watched(SOURCE, 24, 58, RUN),
        watched(SOURCE, 60, 60, DOWN),
        watched(SOURCE, 62, 74, RUN),
        watched(SOURCE, 76, 76, DOWN),
        watched(SOURCE, 78, 88, RUN),
        watched(SOURCE, 91.5, 91.5, DOWN),
        watched(SOURCE, 94, 98, RUN),
        watched(DESTINATION, 24, 98, {BYS: RUNS}),
        (87, look(words.RUNNING)),
        (87, inspected(DESTINATION, words.RUNNING, {BYS: RUNS})),
    ]


def healthy() -> list[Timed]:
    """Return every event of a scenario in which all promises were kept, with its time."""
    more: list[Timed] = [
        (99, dataclasses.replace(probe(BYS), longest=0.02)),
        *_on_hosts(),
    ]
    for server in SUBJECTS:
        more += _subject(server)
    return ON_A_LIVING_HOST.events((85, words.RUNNING), more)


def lines(events: Iterable[Timed], scenario: str | None = SCENARIO) -> list[Line]:
    """Return the events as the lines a history holds, through JSON and back."""
    return parts.lines(events, scenario)
