# SPDX-License-Identifier: Apache-2.0
"""What hand-built records are made of, and ways to spoil one: change, remove, add, cut off."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from migration_tests.record import words
from migration_tests.record.event import Event
from migration_tests.record.events import (
    Attachment,
    DiskSource,
    Domain,
    DomainsSeen,
    Expectation,
    FloatingIp,
    GuestMetadata,
    Looks,
    PlannedPhase,
    Port,
    ServerSeen,
    ServerSnapshot,
    VolumeSnapshot,
)
from migration_tests.record.history import Line, parse

SOURCE, DESTINATION, ELSEWHERE = "compute1", "compute2", "compute3"
HOSTS = (SOURCE, DESTINATION, ELSEWHERE)
VOL, SHR, EPH, BYS = "id-volume", "id-shared", "id-ephemeral", "id-bystander"
STP = "id-stopped"  # on shared storage, stopped before its host is disturbed
STORAGE = {
    VOL: words.VOLUME,
    SHR: words.SHARED,
    EPH: words.EPHEMERAL,
    STP: words.SHARED,
    BYS: words.SHARED,
}
ADDRESSES = {server: f"172.30.5.{number}" for number, server in enumerate(STORAGE, 11)}
RUNS, OFF, PAUSED = "running", "shut off", "paused"

# What is filled in of a snapshot, and what not every server is given.
FILLED_IN = ("volume.snapshot:device", "server.snapshot:details")
GIVEN = (words.LOCK, words.CONFIG_DRIVE, words.SERVER_GROUP)

Timed = tuple[float, Event]


def phase(name: str, doing: str, *produces: str, recovery: bool = False) -> PlannedPhase:
    return PlannedPhase(name=name, step=name, doing=doing, recovery=recovery, produces=produces)


def expectation(move: str, server: str, **values: str) -> Expectation:
    found = {
        "move": move,
        "end": words.ACTIVE,
        "data": words.KEPT,
        "memory": words.KEPT,
        "place": words.ANOTHER_HOST,
    }
    return Expectation(**{**found, **values})


def flavor(server: str) -> str:
    return json.dumps(
        {
            "disk": 1,
            "ephemeral": 0,
            "extra_specs": {},
            "original_name": f"m.{STORAGE[server]}",
            "ram": 128,
            "swap": 0,
            "vcpus": 1,
        }
    )


def held(server: str) -> dict[str, int]:
    """What the server must hold in Placement: a root disk on a volume does not count."""
    amounts = {"VCPU": 1, "MEMORY_MB": 128}
    return amounts if STORAGE[server] == words.VOLUME else {**amounts, "DISK_GB": 1}


def snapshot(server: str, moment: str, host: str, status: str = "ACTIVE") -> ServerSnapshot:
    port = Port(
        port=f"port-{server}",
        mac=f"mac-{server}",
        fixed_ips=(f"10.0.0.{len(server)}",),
        status="ACTIVE" if status == "ACTIVE" else "DOWN",
        host=host,
        binding="ovs",
        security_groups=(f"group-{server}",),
    )
    floating = FloatingIp(
        address=ADDRESSES[server], port=f"port-{server}", fixed_ip=f"10.0.0.{len(server)}"
    )
    return ServerSnapshot(
        server=server,
        moment=moment,
        name=f"name-{server}",
        flavor=flavor(server),
        status=status,
        task_state=None,
        host=host,
        ports=(port,),
        floating_ips=(floating,),
        hypervisor=host,
        metadata=(("migration-chaos", f"name-{server}"), ("storage", STORAGE[server])),
        tags=("migration-chaos", f"tag-{server}"),
        description=f"description of {server}",
        key=f"key-{server}",
        availability_zone=zone(server),
        server_groups=(f"server-group-{server}",),
        config_drive=True,
        locked=True,
    )


def zone(server: str) -> str:
    """The zone that a server was asked for in."""
    return f"zone-{server}"


def guest_metadata(server: str, moment: str) -> GuestMetadata:
    return GuestMetadata(
        server=server,
        moment=moment,
        source=words.SERVICE,
        hostname=f"name-{server}.novalocal",
        user_data=f"#cloud-config of {server}",
        drive=server,
    )


def volume(server: str, moment: str, host: str) -> VolumeSnapshot:
    attachment = Attachment(attachment=f"a-{host}", server=server, host=host, status="attached")
    return VolumeSnapshot(
        server=server,
        moment=moment,
        volume=f"vol-{server}",
        status="in-use",
        attachments=(attachment,),
        device="/dev/vda",
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


def domains(states: dict[str, str]) -> tuple[Domain, ...]:
    return tuple(Domain(server=server, state=state) for server, state in states.items())


def watched(
    host: str, first: float, last: float, states: dict[str, str] | None
) -> Timed:
    """Looks at a host, two seconds apart, that all showed the same; None: it did not answer.

    How long they paused before shows when they stand in a record.
    """
    looks = max(1, round((last - first) / 2) + 1)
    last = first if looks == 1 else last
    return last + 0.2, DomainsSeen(
        host=host,
        domains=None if states is None else domains(states),
        looks=looks,
        t_first_began=first,
        t_first_ended=first + 0.1,
        t_last_began=last,
        t_last_ended=last + 0.1,
        longest_pause=0.0 if looks == 1 else 2.0,
        error="no answer within 5 s" if states is None else "",
    )


def disk(server: str) -> DiskSource:
    """The disk of a server's domain: a volume is on the network, all others are files."""
    if STORAGE[server] == words.VOLUME:
        return DiskSource(
            server=server, target="vda", type="network", source=f"volumes/vol-{server}"
        )
    return DiskSource(server=server, target="vda", type="file", source=path(server), present=True)


def marks(host: str, servers: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """The folder of each server on a host, and the log of its console."""
    names = ("folder", "log")
    return tuple((server, f"{name} on {host}") for server in servers for name in names)


def path(server: str) -> str:
    return f"/var/lib/nova/instances/{server}/disk"


def lines(events: Iterable[Timed], scenario: str | None) -> list[Line]:
    """Return the events as the lines a history holds, through JSON and back."""
    texts = [
        json.dumps(
            {
                "t_mono": t,
                "t_wall": "2026-11-21T02:00:00.000000Z",
                "source": "test",
                "scenario": scenario,
                "kind": event.kind,
                "data": event.to_data(),
            }
        ).encode()
        for t, event in _paused(events)
    ]
    return parse(texts)


def _paused(events: Iterable[Timed]) -> Iterator[Timed]:
    """Yield events, in looks at a host the pause since the look before among theirs."""
    ended: dict[tuple[str, str], float] = {}
    for t, event in events:
        if isinstance(event, Looks):
            whose = event.kind, event.host
            since = event.t_first_ended - ended.get(whose, event.t_first_ended)
            ended[whose] = event.t_last_ended
            pause = max(since, event.longest_pause)
            yield t, dataclasses.replace(event, longest_pause=pause)
        else:
            yield t, event


Spoil = Callable[[list[Timed]], list[Timed]]


def spoiled(events: list[Timed], *spoils: Spoil) -> list[Timed]:
    for spoil in spoils:
        events = spoil(events)
    return events


def changed(kind: type[Event], values: dict[str, Any], /, **wanted: Any) -> Spoil:
    """Give all events of a kind with the wanted fields other values."""
    return mapped(kind, lambda event: dataclasses.replace(event, **values), **wanted)


def mapped(kind: type[Event], change: Callable[[Any], Event | None], /, **wanted: Any) -> Spoil:
    """Put what `change` returns in the place of all events of a kind; None leaves it out."""

    def spoil(events: list[Timed]) -> list[Timed]:
        found: list[Timed] = []
        for t, event in events:
            new = change(event) if fits(event, kind, wanted) else event
            if new is not None:
                found.append((t, new))
        return found

    return spoil


def without(kind: type[Event], /, **wanted: Any) -> Spoil:
    """Leave out all events of a kind with the wanted fields."""
    return mapped(kind, lambda event: None, **wanted)


def with_events(*more: Timed) -> Spoil:
    """Put in more events at their times, after those of the same time."""

    def spoil(events: list[Timed]) -> list[Timed]:
        return sorted([*events, *more], key=lambda one: one[0])

    return spoil


def between(first: float, last: float, kind: type[Event], /, **wanted: Any) -> Spoil:
    """Leave out all events of a kind with the wanted fields from one time to another."""

    def spoil(events: list[Timed]) -> list[Timed]:
        return [
            (t, event)
            for t, event in events
            if not (fits(event, kind, wanted) and first <= t <= last)
        ]

    return spoil


def ending(t: float, *more: Event) -> Spoil:
    """Let the record end at a time with these events; what comes later never happens."""

    def spoil(events: list[Timed]) -> list[Timed]:
        return [*(one for one in events if one[0] <= t), *((t, event) for event in more)]

    return spoil


def fits(event: Event, kind: type[Event], wanted: dict[str, Any]) -> bool:
    """Say whether an event is of a kind and has the wanted fields."""
    return isinstance(event, kind) and all(
        getattr(event, name) in value
        if isinstance(value, tuple)
        else getattr(event, name) == value
        for name, value in wanted.items()
    )
