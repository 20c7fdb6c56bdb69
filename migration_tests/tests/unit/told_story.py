# SPDX-License-Identifier: Apache-2.0
"""A hand-built record of a healthy evacuation, and ways to spoil it.

compute1 dies with three servers; all arrive on compute2; a bystander on compute3 answers on.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterable
from typing import Any

from migration_tests.record import words
from migration_tests.record.event import Event
from migration_tests.record.events import (
    ActionEvent,
    AllocationSnapshot,
    Attachment,
    DataRead,
    DiskRead,
    HostBooted,
    HostInspected,
    HostKilled,
    MigrationSeen,
    Port,
    ProbeReport,
    Reading,
    RequestMade,
    ServerAction,
    ServerIntroduced,
    ServerSeen,
    ServerSnapshot,
    ServiceReported,
    ServiceSeen,
    SshAnswered,
    VolumeSnapshot,
    WriterEnded,
    WriteResumed,
    WriterStarted,
    WritesAcknowledged,
)
from migration_tests.record.history import Line, parse
from migration_tests.record.story_events import (
    StoryFinished,
    StoryPhase,
    StoryStarted,
)

STORY = "evacuation"
SOURCE, DESTINATION, ELSEWHERE = "compute1", "compute2", "compute3"
VOL, SHR, EPH, BYS = "id-volume", "id-shared", "id-ephemeral", "id-bystander"
SUBJECTS = {VOL: words.VOLUME, SHR: words.SHARED, EPH: words.EPHEMERAL}
CUT = 100.0  # when the host was cut off

PHASES = dict(
    zip(words.PHASES, (0, 22.5, 99, 103, 109.5, 119.5, 129, 139, 151, 162, 168), strict=True)
)  # when each began

Told = tuple[float, Event]


def snapshot(server: str, moment: str, host: str, status: str = "ACTIVE") -> ServerSnapshot:
    port = Port(
        port=f"port-{server}",
        mac=f"mac-{server}",
        fixed_ips=(f"10.0.0.{len(server)}",),
        status="ACTIVE" if status == "ACTIVE" else "DOWN",
        host=host,
        binding="ovs",
    )
    return ServerSnapshot(
        server=server,
        moment=moment,
        name=f"name-{server}",
        flavor="small, 1 vcpu, 128 MiB, 1 GiB",
        status=status,
        task_state=None,
        host=host,
        ports=(port,),
        floating_ips=(f"172.30.5.{len(server)}",),
    )


def volume(server: str, moment: str, host: str) -> VolumeSnapshot:
    attachment = Attachment(attachment=f"a-{host}", server=server, host=host, status="attached")
    return VolumeSnapshot(
        server=server, moment=moment, volume="vol", status="in-use", attachments=(attachment,)
    )


def seen(server: str, status: str, task: str | None, host: str) -> ServerSeen:
    return ServerSeen(
        server=server,
        status=status,
        vm_state=status.lower(),
        task_state=task,
        power_state=1,
        host=host,
        t_unchanged=None,
    )


def service(state: str, forced: bool = False, status: str = "enabled") -> ServiceSeen:
    return ServiceSeen(host=SOURCE, state=state, status=status, forced_down=forced)


def migration(server: str, status: str) -> MigrationSeen:
    return MigrationSeen(
        server=server,
        migration=f"m-{server}",
        type="evacuation",
        status=status,
        source=SOURCE,
        destination=DESTINATION,
    )


def _before(server: str, storage: str) -> list[Told]:
    resources = {SOURCE: {"VCPU": 1, "MEMORY_MB": 128}}
    told: list[Told] = [
        (1, ServerIntroduced(server=server, name=f"name-{server}", storage=storage, host=SOURCE)),
        (20, seen(server, "ACTIVE", None, SOURCE)),
        (21, SshAnswered(server=server, moment=words.BEFORE, address="a", answered=True)),
        (22, DiskRead(server=server, moment=words.BEFORE, fingerprint="image")),
        (23, WriterStarted(server=server, path="/records")),
        (24, WritesAcknowledged(server=server, first=1, last=40)),
        (25, snapshot(server, words.BEFORE, SOURCE)),
        (25, AllocationSnapshot(server=server, moment=words.BEFORE, by_host=resources)),
        (90, WritesAcknowledged(server=server, first=41, last=90)),
        (101, WritesAcknowledged(server=server, first=91, last=100)),
        (101, WriterEnded(server=server, reason="connection lost")),
    ]
    if storage == words.VOLUME:
        told.append((26, volume(server, words.BEFORE, SOURCE)))
    return told


def _evacuation(server: str, storage: str) -> list[Told]:
    rebuild = ActionEvent(
        event="compute_rebuild_instance",
        start_at="2026-11-21T02:00:10.000000",
        finish_at="2026-11-21T02:00:18.000000",
        result="Success",
        host=DESTINATION,
    )
    told: list[Told] = [
        (110, RequestMade(server=server, request="evacuate", accepted=True, http_status=200)),
        (111, migration(server, "accepted")),
        (111, seen(server, "ACTIVE", "rebuilding", SOURCE)),
        (113, seen(server, "ACTIVE", "rebuild_spawning", DESTINATION)),
        (115, seen(server, "ACTIVE", "powering-off", DESTINATION)),
        (116, seen(server, "SHUTOFF", None, DESTINATION)),
        (117, migration(server, "done")),
        (
            118,
            ServerAction(
                server=server,
                action="evacuate",
                request_id="req",
                start_at="2026-11-21T02:00:09.000000",
                events=(rebuild,),
            ),
        ),
        (119, snapshot(server, words.EVACUATED, DESTINATION, "SHUTOFF")),
        (120, RequestMade(server=server, request="start", accepted=True, http_status=202)),
        (121, seen(server, "SHUTOFF", "powering-on", DESTINATION)),
        (122, seen(server, "ACTIVE", None, DESTINATION)),
        (130, SshAnswered(server=server, moment=words.STARTED, address="a", answered=True)),
        (131, DiskRead(server=server, moment=words.STARTED, fingerprint="image")),
    ]
    if storage == words.VOLUME:
        told.append((119, volume(server, words.EVACUATED, DESTINATION)))
        told.append((133, volume(server, words.STARTED, DESTINATION)))
    if storage == words.EPHEMERAL:
        read = DataRead(server=server, moment=words.STARTED, intact=(), exists=False)
    else:
        read = DataRead(server=server, moment=words.STARTED, intact=((1, 103),))
    told += [
        (131, read),
        (132, WriteResumed(server=server, number=104)),
        (133, snapshot(server, words.STARTED, DESTINATION)),
    ]
    return told


def _after(server: str, storage: str) -> list[Told]:
    resources = {DESTINATION: {"VCPU": 1, "MEMORY_MB": 128}}
    told: list[Told] = [
        (160, migration(server, "completed")),
        (170, snapshot(server, words.RECOVERED, DESTINATION)),
        (170, AllocationSnapshot(server=server, moment=words.RECOVERED, by_host=resources)),
    ]
    if storage != words.EPHEMERAL:
        read = DataRead(server=server, moment=words.RECOVERED, intact=((1, 104),))
        told.append((169, read))
    if storage == words.VOLUME:
        told.append((170, volume(server, words.RECOVERED, DESTINATION)))
    return told


def healthy() -> list[Told]:
    """Return every event of a story in which all promises were kept, with its time."""
    told: list[Told] = [
        (0, StoryStarted(title="compute1 is switched off", host=SOURCE, via="ipmi")),
        *((t, StoryPhase(phase=phase, title=words.DOING[phase])) for phase, t in PHASES.items()),
        (20, service("up")),
        (21, HostBooted(host=SOURCE, moment=words.BEFORE, boot_id="boot-1")),
    ]
    for server, storage in SUBJECTS.items():
        told += _before(server, storage)
    told += [
        (
            2,
            ServerIntroduced(
                server=BYS,
                name="bystander",
                storage=words.SHARED,
                role=words.BYSTANDER,
                host=ELSEWHERE,
            ),
        ),
        (21, SshAnswered(server=BYS, moment=words.BEFORE, address="b", answered=True)),
        (25, snapshot(BYS, words.BEFORE, ELSEWHERE)),
        (
            102,
            HostKilled(
                host=SOURCE,
                via="ipmi",
                verdict="injected",
                t_injected=CUT,
                readings=(
                    Reading(witness="ipmi", says="dead", driver="ipmi", t_mono=100.2),
                    Reading(witness="ssh", says="dead", detail="no answer", t_mono=100.5),
                    Reading(witness="ping", says="dead", detail="no answer", t_mono=101.5),
                ),
            ),
        ),
        (105, service("down", forced=True)),
    ]
    for server, storage in SUBJECTS.items():
        told += _evacuation(server, storage)
    told += [
        (140, HostBooted(host=SOURCE, moment=words.RECOVERED, boot_id="boot-2")),
        (150, ServiceReported(host=SOURCE, updated_at="2026-11-21T02:01:00")),
    ]
    for server, storage in SUBJECTS.items():
        told += _after(server, storage)
    disks = ((EPH, f"/var/lib/nova/instances/{EPH}/disk"),)
    told += [
        (165, service("up")),
        (171, HostInspected(host=SOURCE, moment=words.RECOVERED, domains=(), disks=())),
        (
            171,
            HostInspected(
                host=DESTINATION, moment=words.RECOVERED, domains=tuple(SUBJECTS), disks=disks
            ),
        ),
        (
            172,
            ProbeReport(
                server=BYS,
                interval=0.01,
                sent=10000,
                answered=9999,
                t_start=50,
                t_end=172,
                longest=0.03,
                error=0.01,
                threshold=1.0,
            ),
        ),
        (180, StoryFinished(complete=True)),
    ]
    return sorted(told, key=lambda one: one[0])


def lines(told: Iterable[Told], story: str | None = STORY) -> list[Line]:
    """Return the events as the lines a history holds, through JSON and back."""
    texts = [
        json.dumps(
            {
                "t_mono": t,
                "t_wall": "2026-11-21T02:00:00.000000Z",
                "source": "test",
                "story": story,
                "kind": event.kind,
                "data": event.to_data(),
            }
        ).encode()
        for t, event in told
    ]
    return parse(texts)


Spoil = Callable[[list[Told]], list[Told]]


def changed(kind: type[Event], values: dict[str, Any], /, **wanted: Any) -> Spoil:
    """Give all events of a kind with the wanted fields other values."""

    def spoil(told: list[Told]) -> list[Told]:
        return [
            (t, dataclasses.replace(event, **values)) if fits(event, kind, wanted) else (t, event)
            for t, event in told
        ]

    return spoil


def without(kind: type[Event], /, **wanted: Any) -> Spoil:
    """Leave out all events of a kind with the wanted fields."""

    def spoil(told: list[Told]) -> list[Told]:
        return [(t, event) for t, event in told if not fits(event, kind, wanted)]

    return spoil


def with_events(*more: Told) -> Spoil:
    """Put in more events at their times, after those of the same time."""

    def spoil(told: list[Told]) -> list[Told]:
        return sorted([*told, *more], key=lambda one: one[0])

    return spoil


def ending(t: float, *more: Event) -> Spoil:
    """Let the story stop at a time with these events; what comes later never happens."""

    def spoil(told: list[Told]) -> list[Told]:
        return [*(one for one in told if one[0] <= t), *((t, event) for event in more)]

    return spoil


def fits(event: Event, kind: type[Event], wanted: dict[str, Any]) -> bool:
    """Say whether an event is of a kind and has the wanted fields."""
    return isinstance(event, kind) and all(
        getattr(event, name) == value for name, value in wanted.items()
    )
