# SPDX-License-Identifier: Apache-2.0
"""A hand-built record of healthy resizes that are confirmed.

Three servers on compute1 are resized to compute2: one on shared storage, one on a volume, one that
is stopped; a bystander on compute2 answers on. At the end they are rebooted the hard way.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable

from migration_tests.record import words
from migration_tests.record.events import (
    ActionEvent,
    DataRead,
    DiskRead,
    MigrationSeen,
    MoveRequested,
    RequestMade,
    ServerAction,
    ServerSnapshot,
    WriterEnded,
    WriteResumed,
    WriterStarted,
    WritesAcknowledged,
)
from migration_tests.record.history import Line
from migration_tests.tests.unit import record_parts as parts
from migration_tests.tests.unit.healthy_live import probe
from migration_tests.tests.unit.healthy_record import allocation, ssh
from migration_tests.tests.unit.living_host import BEGINNING, ENDING, LivingHost, inspected, looks
from migration_tests.tests.unit.record_parts import (
    BYS,
    DESTINATION,
    OFF,
    RUNS,
    SHR,
    SOURCE,
    STP,
    VOL,
    Timed,
    seen,
    volume,
    watched,
)

SCENARIO = "resize"
SUBJECTS = (SHR, VOL, STP)
GIB = 1024**3
STATES = {SHR: words.ACTIVE, VOL: words.ACTIVE, STP: words.STOPPED}


PLAN = {
    **BEGINNING,
    59.0: parts.phase(
        "resize",
        "resizing the servers",
        *("move.requested", "server.action"),
        *looks(words.MOVED),
        "host.inspected:moved",
    ),
    70.0: parts.phase(
        "confirm",
        "confirming the moves",
        *("server.request", "server.action"),
        *looks(words.DECIDED),
    ),
    76.0: parts.phase("start_stopped", "starting the moved servers", "server.request"),
    80.0: parts.phase(
        "reconnect",
        "logging in to the moved servers",
        "guest.metadata:running",
        *("server.ssh:running", "disk.read:running", "data.read:running", "writer.resumed"),
        *looks(words.RUNNING),
    ),
    **ENDING,
}


def expectation(server: str) -> parts.Expectation:
    return parts.expectation(
        words.RESIZE,
        server,
        end=words.VERIFY,
        memory=words.LOST if STATES[server] == words.ACTIVE else words.NONE,
        decision=words.CONFIRM,
        flavor=words.OTHER,
    )


ON_A_LIVING_HOST = LivingHost(
    title="servers are resized",
    phases=PLAN,
    expected={server: (expectation(server),) for server in SUBJECTS},
    states=STATES,
)
plan, introduced = ON_A_LIVING_HOST.plan, ON_A_LIVING_HOST.introduced


def migration(server: str, status: str) -> MigrationSeen:
    return MigrationSeen(
        server=server,
        migration=f"m-{server}",
        type=words.RESIZE,
        status=status,
        source=SOURCE,
        destination=DESTINATION,
        created_at="2026-11-21T02:00:09.000000",
        updated_at="2026-11-21T02:00:15.000000",
    )


def larger(server: str) -> str:
    """The flavor that it is resized to."""
    name = f"m.{parts.STORAGE[server]}-alt"
    values = json.loads(parts.flavor(server)) | {"original_name": name, "ram": 160}
    return json.dumps(values | ({} if server == VOL else {"disk": 2}))


def snapshot(server: str, moment: str, status: str = words.ACTIVE) -> ServerSnapshot:
    """A look at a server once it was resized."""
    look = parts.snapshot(server, moment, DESTINATION, status)
    return dataclasses.replace(look, flavor=larger(server))


def held(server: str) -> dict[str, int]:
    amounts = {"VCPU": 1, "MEMORY_MB": 160}
    return amounts if server == VOL else {**amounts, "DISK_GB": 2}


def action(server: str, name: str, event: str, host: str) -> ServerAction:
    work = ActionEvent(
        event=event,
        start_at="2026-11-21T02:00:10.000000",
        finish_at="2026-11-21T02:00:15.000000",
        result="Success",
        host=host,
    )
    return ServerAction(
        server=server,
        action=name,
        request_id=f"req-{name}-{server}",
        start_at="2026-11-21T02:00:09.000000",
        events=(work,),
    )


def _allocated(server: str, moment: str) -> parts.Event:
    return dataclasses.replace(
        allocation(server, moment, DESTINATION), by_host={DESTINATION: held(server)}
    )


def waiting(server: str) -> parts.Event:
    """While it waits, its migration record holds what it had on the source."""
    by_move = {f"m-{server}": {SOURCE: parts.held(server)}}
    return dataclasses.replace(_allocated(server, words.MOVED), by_move=by_move)


def _subject(server: str) -> list[Timed]:
    state = STATES[server]
    size = 1 if server == VOL else 2
    runs = state == words.ACTIVE
    found: list[Timed] = [
        (1, introduced(server, SOURCE)),
        (20, seen(server, "ACTIVE", None, SOURCE)),
        (21, ssh(server, words.BEFORE, 1)),
        (21.5, parts.guest_metadata(server, words.BEFORE)),
        (22, DiskRead(server=server, moment=words.BEFORE, fingerprint="image", size=GIB)),
        (23, WriterStarted(server=server, path="/records")),
        (24, WritesAcknowledged(server=server, first=1, last=40)),
        (25, parts.snapshot(server, words.BEFORE, SOURCE, state)),
        (25, allocation(server, words.BEFORE, SOURCE)),
        (
            60,
            MoveRequested(
                server=server,
                move=words.RESIZE,
                accepted=True,
                http_status=202,
                flavor=f"m.{parts.STORAGE[server]}-alt",
            ),
        ),
        (60.5, WriterEnded(server=server, reason="the server was shut down", last=40)),
        (61, migration(server, "migrating")),
        (61, seen(server, "RESIZE", "resize_migrating", SOURCE)),
        (63, seen(server, "RESIZE", "resize_finish", DESTINATION)),
        (66, migration(server, "finished")),
        (66, seen(server, words.VERIFY, None, DESTINATION)),
        (67, action(server, "resize", "compute_resize_instance", SOURCE)),
        (68, snapshot(server, words.MOVED, words.VERIFY)),
        (68, waiting(server)),
        (71, RequestMade(server=server, request="confirm", accepted=True)),
        (72, migration(server, "confirming")),
        (73, migration(server, "confirmed")),
        (73, seen(server, state, None, DESTINATION)),
        (74, action(server, "confirmResize", "compute_confirm_resize", SOURCE)),
        (75, snapshot(server, words.DECIDED, state)),
        (75, _allocated(server, words.DECIDED)),
        (81, ssh(server, words.RUNNING, 2)),
        (
            82,
            DiskRead(server=server, moment=words.RUNNING, fingerprint="image", size=size * GIB),
        ),
        (83, DataRead(server=server, moment=words.RUNNING, intact=((1, 40),))),
        (84, WriteResumed(server=server, number=41)),
        (84.5, parts.guest_metadata(server, words.RUNNING)),
        (85, snapshot(server, words.RUNNING)),
        (85, _allocated(server, words.RUNNING)),
        (91, RequestMade(server=server, request="hard_reboot", accepted=True)),
        (92, seen(server, "HARD_REBOOT", "reboot_started_hard", DESTINATION)),
        (95, seen(server, "ACTIVE", None, DESTINATION)),
        (97, ssh(server, words.REBOOTED, 3)),
        (97.5, parts.guest_metadata(server, words.REBOOTED)),
        (98, DataRead(server=server, moment=words.REBOOTED, intact=((1, 41),))),
        (99, probe(server)),
    ]
    if not runs:
        found.append((76.5, RequestMade(server=server, request="start", accepted=True)))
        found.append((78, seen(server, "ACTIVE", None, DESTINATION)))
    if server == VOL:
        moments = {25: words.BEFORE, 68: words.MOVED, 75: words.DECIDED, 85: words.RUNNING}
        for t, moment in moments.items():
            host = SOURCE if moment == words.BEFORE else DESTINATION
            found.append((t, volume(server, moment, host)))
    return found


BEFORE = {SHR: RUNS, VOL: RUNS, STP: OFF}
NOW = dict.fromkeys(SUBJECTS, RUNS)
REBOOTING = dict.fromkeys(SUBJECTS, OFF)


def _on_hosts() -> list[Timed]:
    return [
        (26, inspected(SOURCE, words.BEFORE, BEFORE)),
        watched(SOURCE, 24, 58, BEFORE),
        watched(SOURCE, 60, 98, {}),
        watched(DESTINATION, 24, 62, {BYS: RUNS}),
        watched(DESTINATION, 64, 76, {**BEFORE, BYS: RUNS}),
        watched(DESTINATION, 78, 88, {**NOW, BYS: RUNS}),
        watched(DESTINATION, 91.5, 91.5, {**REBOOTING, BYS: RUNS}),
        watched(DESTINATION, 94, 98, {**NOW, BYS: RUNS}),
        (69, inspected(SOURCE, words.MOVED, {})),
        (69, inspected(DESTINATION, words.MOVED, {**BEFORE, BYS: RUNS})),
        (87, inspected(SOURCE, words.RUNNING, {})),
        (87, inspected(DESTINATION, words.RUNNING, {**NOW, BYS: RUNS})),
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
