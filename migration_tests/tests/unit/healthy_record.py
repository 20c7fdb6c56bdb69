# SPDX-License-Identifier: Apache-2.0
"""A hand-built record of a healthy evacuation.

compute1 dies with four servers, one of them stopped; all arrive on compute2 and are started; a
bystander on compute3 answers on. compute1 comes back with the old domains, shut off, and cleans
up. At the end the moved servers are rebooted the hard way.
"""

from __future__ import annotations

from collections.abc import Iterable

from migration_tests.record import words
from migration_tests.record.events import (
    ActionEvent,
    AllocationSnapshot,
    DataRead,
    DiskRead,
    DisturbanceEnded,
    DisturbanceStarted,
    HostBooted,
    HostInspected,
    MigrationSeen,
    MoveRequested,
    PhaseStarted,
    ProbeReport,
    Reading,
    RequestMade,
    ScenarioFinished,
    ServerAction,
    ServerIntroduced,
    ServiceReported,
    ServiceSeen,
    SshAnswered,
    WriterEnded,
    WriteResumed,
    WriterStarted,
    WritesAcknowledged,
)
from migration_tests.record.history import Line
from migration_tests.tests.unit import record_parts as parts
from migration_tests.tests.unit.healthy_plan import EXPECTED, PLAN, SUBJECTS, plan, state
from migration_tests.tests.unit.record_parts import (
    ADDRESSES,
    BYS,
    DESTINATION,
    ELSEWHERE,
    EPH,
    OFF,
    RUNS,
    SOURCE,
    STORAGE,
    STP,
    VOL,
    Timed,
    seen,
    snapshot,
    volume,
    watched,
)

SCENARIO = "evacuation"
CUT = 100.0  # when the host was cut off
REBOOT = 175.0  # when the hard reboots were asked for


def service(state: str, forced: bool = False, status: str = "enabled") -> ServiceSeen:
    return ServiceSeen(host=SOURCE, state=state, status=status, forced_down=forced)


def migration(server: str, status: str) -> MigrationSeen:
    return MigrationSeen(
        server=server,
        migration=f"m-{server}",
        type=words.EVACUATION,
        status=status,
        source=SOURCE,
        destination=DESTINATION,
        created_at="2026-11-21T02:00:09.000000",
    )


def ssh(server: str, moment: str, boot: int) -> SshAnswered:
    return SshAnswered(
        server=server,
        moment=moment,
        address=ADDRESSES[server],
        answered=True,
        boot_id=f"boot-{boot}-{server}",
    )


def introduced(server: str, host: str) -> ServerIntroduced:
    return ServerIntroduced(
        server=server,
        name=f"tempest-{server}",
        storage=STORAGE[server],
        role=words.BYSTANDER if server == BYS else words.SUBJECT,
        host=host,
        state=state(server),
        expected=(EXPECTED[server],) if server in EXPECTED else (),
        zone=parts.zone(server),
        given=parts.GIVEN,
    )


def allocation(server: str, moment: str, *hosts: str) -> AllocationSnapshot:
    by_host = {host: parts.held(server) for host in hosts}
    return AllocationSnapshot(server=server, moment=moment, by_host=by_host)


def _before(server: str) -> list[Timed]:
    found: list[Timed] = [
        (1, introduced(server, SOURCE)),
        (20, seen(server, "ACTIVE", None, SOURCE)),
        (21, ssh(server, words.BEFORE, 1)),
        (21.5, parts.guest_metadata(server, words.BEFORE)),
        (22, DiskRead(server=server, moment=words.BEFORE, fingerprint="image")),
        (23, WriterStarted(server=server, path="/records")),
        (24, WritesAcknowledged(server=server, first=1, last=40)),
        (25, snapshot(server, words.BEFORE, SOURCE, state(server))),
        (25, allocation(server, words.BEFORE, SOURCE)),
    ]
    if server == STP:
        found += [
            (24.5, WriterEnded(server=server, reason="the server is stopped", last=40)),
            (24.6, RequestMade(server=server, request="stop", accepted=True)),
        ]
    else:
        found += [
            (90, WritesAcknowledged(server=server, first=41, last=90)),
            (101, WritesAcknowledged(server=server, first=91, last=100)),
            (101, WriterEnded(server=server, reason="connection lost", last=100)),
        ]
    if server == VOL:
        found.append((26, volume(server, words.BEFORE, SOURCE)))
    return found


def _event(name: str, start: int, finish: int, host: str) -> ActionEvent:
    return ActionEvent(
        event=name,
        start_at=f"2026-11-21T02:00:{start:02}.000000",
        finish_at=f"2026-11-21T02:00:{finish:02}.000000",
        result="Success",
        host=host,
    )


def _evacuation(server: str) -> list[Timed]:
    last = 40 if server == STP else 103  # what the disk holds: some more than was acknowledged
    action = ServerAction(
        server=server,
        action="evacuate",
        request_id=f"req-{server}",
        start_at="2026-11-21T02:00:09.000000",
        events=(
            _event("rebuild_server", 9, 10, "control"),
            _event("compute_rebuild_instance", 10, 18, DESTINATION),
        ),
    )
    found: list[Timed] = [
        (
            110,
            MoveRequested(server=server, move=words.EVACUATION, accepted=True, http_status=200),
        ),
        (111, migration(server, "accepted")),
        (111, seen(server, "REBUILD", "rebuilding", SOURCE)),
        (113, seen(server, "REBUILD", "rebuild_spawning", DESTINATION)),
        (115, seen(server, "ACTIVE", "powering-off", DESTINATION)),
        (116, seen(server, "SHUTOFF", None, DESTINATION)),
        (117, migration(server, "done")),
        (118, action),
        (119, snapshot(server, words.MOVED, DESTINATION, "SHUTOFF")),
        (119, allocation(server, words.MOVED, SOURCE, DESTINATION)),
        (120, RequestMade(server=server, request="start", accepted=True, http_status=202)),
        (121, seen(server, "SHUTOFF", "powering-on", DESTINATION)),
        (122, seen(server, "ACTIVE", None, DESTINATION)),
        (130, ssh(server, words.RUNNING, 2)),
        (131, DiskRead(server=server, moment=words.RUNNING, fingerprint="image")),
        (132.5, parts.guest_metadata(server, words.RUNNING)),
        (133, snapshot(server, words.RUNNING, DESTINATION)),
        (133, allocation(server, words.RUNNING, SOURCE, DESTINATION)),
    ]
    if server == EPH:
        read = DataRead(server=server, moment=words.RUNNING, intact=(), exists=False)
        resumed = 1
    else:
        read = DataRead(server=server, moment=words.RUNNING, intact=((1, last),))
        resumed = last + 1
    found += [(131, read), (132, WriteResumed(server=server, number=resumed))]
    if server == VOL:
        found.append((119, volume(server, words.MOVED, DESTINATION)))
        found.append((133, volume(server, words.RUNNING, DESTINATION)))
    return found


def resumed(server: str) -> int:
    """The number of the record that the server wrote after its evacuation."""
    return {EPH: 1, STP: 41}.get(server, 104)


def _after(server: str) -> list[Timed]:
    intact = ((1, resumed(server)),)
    found: list[Timed] = [
        (160, migration(server, "completed")),
        (169, DataRead(server=server, moment=words.RETURNED, intact=intact)),
        (170, snapshot(server, words.RETURNED, DESTINATION)),
        (170, allocation(server, words.RETURNED, DESTINATION)),
        (
            REBOOT,
            RequestMade(server=server, request="hard_reboot", accepted=True, http_status=202),
        ),
        (176, seen(server, "HARD_REBOOT", "reboot_started_hard", DESTINATION)),
        (179, seen(server, "ACTIVE", None, DESTINATION)),
        (184, ssh(server, words.REBOOTED, 3)),
        (184.5, parts.guest_metadata(server, words.REBOOTED)),
        (185, DataRead(server=server, moment=words.REBOOTED, intact=intact)),
    ]
    if server == VOL:
        found.append((170, volume(server, words.RETURNED, DESTINATION)))
    return found


def _bystander() -> list[Timed]:
    return [
        (2, introduced(BYS, ELSEWHERE)),
        (21, ssh(BYS, words.BEFORE, 1)),
        (25, snapshot(BYS, words.BEFORE, ELSEWHERE)),
        (25, allocation(BYS, words.BEFORE, ELSEWHERE)),
        (170, snapshot(BYS, words.RETURNED, ELSEWHERE)),
        (170, allocation(BYS, words.RETURNED, ELSEWHERE)),
        (
            186,
            ProbeReport(
                server=BYS,
                interval=0.01,
                sent=10000,
                answered=9999,
                t_start=50,
                t_end=186,
                longest=0.02,
                error=0.01,
                threshold=1.0,
            ),
        ),
    ]


def _host() -> list[Timed]:
    readings = (
        Reading(witness="bmc", says="dead", driver="ipmi", t_mono=100.2),
        Reading(witness="ssh", says="dead", detail="no answer", t_mono=100.5),
        Reading(witness="ping", says="dead", detail="no answer", t_mono=101.5),
    )
    return [
        (20, service("up")),
        (21, HostBooted(host=SOURCE, moment=words.BEFORE, boot_id="boot-1")),
        (
            102,
            DisturbanceStarted(
                fault="power_off",
                host=SOURCE,
                via="bmc",
                driver="ipmi",
                verdict="injected",
                t_injected=CUT,
                readings=readings,
            ),
        ),
        (105, service("down", forced=True)),
        (140, HostBooted(host=SOURCE, moment=words.RETURNED, boot_id="boot-2")),
        (140.2, DisturbanceEnded(fault="power_off", host=SOURCE)),
        (150, ServiceReported(host=SOURCE, updated_at="2026-11-21T02:01:00")),
        (165, service("up")),
    ]


def _inspected(host: str, moment: str, states: dict[str, str], *disks: str) -> HostInspected:
    return HostInspected(
        host=host,
        moment=moment,
        domains=parts.domains(states),
        disks=tuple((server, parts.path(server)) for server in disks),
        marks=parts.marks(host, states),
        sources=tuple(parts.disk(server) for server in states),
    )


ALL_RUN = dict.fromkeys(SUBJECTS, RUNS)
ALL_OFF = dict.fromkeys(SUBJECTS, OFF)


def _on_hosts() -> list[Timed]:
    before = {**ALL_RUN, STP: OFF}
    return [
        (26, _inspected(SOURCE, words.BEFORE, before, EPH)),
        watched(SOURCE, 24, 98, before),
        watched(SOURCE, 101, 139, None),
        watched(SOURCE, 141, 159, ALL_OFF),
        watched(SOURCE, 161, 187, {}),
        watched(DESTINATION, 24, 112, {}),
        watched(DESTINATION, 114, 114, ALL_RUN),
        watched(DESTINATION, 116, 120, ALL_OFF),
        watched(DESTINATION, 122, 174, ALL_RUN),
        watched(DESTINATION, 176, 176, ALL_OFF),
        watched(DESTINATION, 178, 188, ALL_RUN),
        watched(ELSEWHERE, 24, 188, {BYS: RUNS}),
        (171, _inspected(SOURCE, words.RETURNED, {})),
        (171, _inspected(DESTINATION, words.RETURNED, ALL_RUN, EPH)),
        (171, _inspected(ELSEWHERE, words.RETURNED, {BYS: RUNS})),
    ]


def healthy() -> list[Timed]:
    """Return every event of a scenario in which all promises were kept, with its time."""
    events: list[Timed] = [
        (0, plan()),
        *((t, PhaseStarted(phase=one.name, title=one.doing)) for t, one in PLAN.items()),
    ]
    for server in SUBJECTS:
        events += [*_before(server), *_evacuation(server), *_after(server)]
    events += [*_bystander(), *_host(), *_on_hosts(), (190, ScenarioFinished(complete=True))]
    return list(parts.paused(sorted(events, key=lambda one: one[0])))


def lines(events: Iterable[Timed], scenario: str | None = SCENARIO) -> list[Line]:
    """Return the events as the lines a history holds, through JSON and back."""
    return parts.lines(events, scenario)
