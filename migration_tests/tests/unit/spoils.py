# SPDX-License-Identifier: Apache-2.0
"""Ways to spoil the hand-built record of an evacuation, from which breakages are made."""

from __future__ import annotations

import dataclasses

from migration_tests.record import words
from migration_tests.record.event import Event
from migration_tests.record.events import (
    AllocationSnapshot,
    DataRead,
    DisturbanceEnded,
    Domain,
    DomainsSeen,
    GuestMetadata,
    HostBooted,
    HostInspected,
    MigrationSeen,
    RequestMade,
    ScenarioFinished,
    ScenarioStopped,
    ServerAction,
    ServerSeen,
    ServerSnapshot,
    ServiceReported,
    ServiceSeen,
    SshAnswered,
    VolumeSnapshot,
)
from migration_tests.tests.unit import healthy_record as healthy
from migration_tests.tests.unit import record_parts as parts
from migration_tests.tests.unit.healthy_plan import PHASES
from migration_tests.tests.unit.record_parts import (
    DESTINATION,
    OFF,
    SOURCE,
    Spoil,
    between,
    changed,
    ending,
    mapped,
    with_events,
    without,
)

Servers = str | tuple[str, ...] | None  # of whom one judge must fail; None: of the whole
Breakages = dict[str, tuple[tuple[Spoil, ...], str, Servers]]
AFTER = (words.MOVED, words.RUNNING, words.RETURNED)


def after(server: str, **values: object) -> Spoil:
    """Give every snapshot of a server after the move other values."""
    return changed(ServerSnapshot, values, server=server, moment=AFTER)


def told(
    server: str, moments: tuple[str, ...] = (words.RUNNING, words.REBOOTED), **values: object
) -> Spoil:
    """Let the guest find other metadata."""
    return changed(GuestMetadata, values, server=server, moment=moments)


def port_of(server: str, moments: tuple[str, ...] = AFTER, **values: object) -> Spoil:
    """Give the server's port other values in its snapshots."""

    def change(event: ServerSnapshot) -> Event:
        port = dataclasses.replace(event.ports[0], **values)
        return dataclasses.replace(event, ports=(port,))

    return mapped(ServerSnapshot, change, server=server, moment=moments)


def event_of(server: str, number: int, **values: object) -> Spoil:
    """Give an event of the server's action other values."""

    def change(action: ServerAction) -> Event:
        events = list(action.events)
        events[number] = dataclasses.replace(events[number], **values)
        return dataclasses.replace(action, events=tuple(events))

    return mapped(ServerAction, change, server=server)


def cut_short(t: float, phase: str, reason: str) -> Spoil:
    """Let the scenario stop before there is anything to recover: nothing more happens."""
    stop = ScenarioStopped(phase=phase, cause=words.CLOUD, reason=reason)
    return ending(t, stop, ScenarioFinished(complete=False))


RECOVERY = PHASES["power_on"]


def stopped(t: float, phase: str, reason: str, cause: str = words.CLOUD) -> Spoil:
    """Let the scenario stop at a time: no further step, but the whole recovery."""
    stop = (t, ScenarioStopped(phase=phase, cause=cause, reason=reason))

    def spoil(events: list[parts.Timed]) -> list[parts.Timed]:
        kept = [(at, e) for at, e in events if at <= t or at >= RECOVERY or _goes_on(e)]
        kept = [(at, e) for at, e in kept if not isinstance(e, ScenarioFinished)]
        end = (190.0, ScenarioFinished(complete=False))
        return sorted([*kept, stop, end], key=lambda one: one[0])

    return spoil


def _goes_on(event: Event) -> bool:
    """Whether an event is an observer's, which no stop keeps from looking."""
    return isinstance(event, DomainsSeen)


def not_moved(*servers: str) -> Spoil:
    """Let servers stay on the source: they were never evacuated, and never logged in to again."""

    def spoil(events: list[parts.Timed]) -> list[parts.Timed]:
        for server in servers:
            events = without(MigrationSeen, server=server)(events)
            events = after(server, host=SOURCE, status="SHUTOFF")(events)
            events = without(RequestMade, server=server, request="hard_reboot")(events)
            events = without(SshAnswered, server=server, moment=words.REBOOTED)(events)
            events = without(DataRead, server=server, moment=(words.RETURNED, words.REBOOTED))(
                events
            )
        return events

    return spoil


def not_cleaned() -> Spoil:
    """Let the source come back and keep everything."""

    def both(event: AllocationSnapshot) -> Event:
        held = parts.held(event.server)
        return dataclasses.replace(event, by_host={SOURCE: held, DESTINATION: held})

    def spoil(events: list[parts.Timed]) -> list[parts.Timed]:
        events = without(MigrationSeen, status="completed")(events)
        for server in healthy.SUBJECTS:
            events = domain(SOURCE, server, OFF)(events)
            events = mapped(AllocationSnapshot, both, server=server, moment=words.RETURNED)(events)
        return events

    return spoil


def not_back() -> Spoil:
    """Let the source never come back."""

    def spoil(events: list[parts.Timed]) -> list[parts.Timed]:
        events = without(DisturbanceEnded)(events)
        events = without(HostBooted, moment=words.RETURNED)(events)
        events = without(HostInspected, host=SOURCE, moment=words.RETURNED)(events)
        events = without(MigrationSeen, status="completed")(events)
        events = without(ServiceReported)(events)
        events = between(139, 190, ServiceSeen)(events)
        return events

    return spoil


def no_ssh(server: str, *moments: str) -> Spoil:
    """Let a server not answer, nor be read from."""
    moments = moments or (words.RUNNING, words.REBOOTED)

    def spoil(events: list[parts.Timed]) -> list[parts.Timed]:
        values = {"answered": False, "error": "timed out after 120 s", "boot_id": None}
        events = changed(SshAnswered, values, server=server, moment=moments)(events)
        return without(DataRead, server=server, moment=moments)(events)

    return spoil


def not_rebooted(server: str, status: str, task: str | None = None) -> Spoil:
    """Let a server not come to run again after its hard reboot: it is not even logged in to."""

    def off(event: DomainsSeen) -> Event:
        found = [
            dataclasses.replace(one, state=OFF) if one.server == server else one
            for one in event.domains or ()
        ]
        late = event.t_first_began > healthy.REBOOT
        return dataclasses.replace(event, domains=tuple(found)) if late else event

    def spoil(events: list[parts.Timed]) -> list[parts.Timed]:
        events = without(SshAnswered, server=server, moment=words.REBOOTED)(events)
        events = without(DataRead, server=server, moment=words.REBOOTED)(events)
        events = mapped(DomainsSeen, off, host=DESTINATION)(events)
        shown = [t for t, e in events if isinstance(e, ServerSeen) and e.server == server][-1]
        events = between(shown, shown, ServerSeen, server=server)(events)
        return with_events((shown, parts.seen(server, status, task, DESTINATION)))(events)

    return spoil


def domain(host: str, server: str, state: str | None) -> Spoil:
    """Let the last look at a host show a server's domain in some state; None: not at all."""

    def change(event: HostInspected) -> Event:
        kept = [one for one in event.domains or () if one.server != server]
        more = [] if state is None else [Domain(server=server, state=state)]
        return dataclasses.replace(event, domains=(*kept, *more))

    return mapped(HostInspected, change, host=host, moment=words.RETURNED)


def disk_of(server: str, **values: object) -> Spoil:
    """Give the disk that the domain of a server uses other values."""

    def change(event: HostInspected) -> Event:
        sources = tuple(
            dataclasses.replace(one, **values) if one.server == server else one
            for one in event.sources or ()
        )
        return dataclasses.replace(event, sources=sources)

    return mapped(HostInspected, change, moment=words.RETURNED)


def gone(server: str) -> Spoil:
    """Let the cloud know a server no more from its evacuation on."""

    def spoil(events: list[parts.Timed]) -> list[parts.Timed]:
        events = with_events((118.5, parts.seen(server, "ABSENT", None, DESTINATION)))(events)
        for kind in (ServerSnapshot, AllocationSnapshot, VolumeSnapshot):
            events = without(kind, server=server, moment=AFTER)(events)
        return no_ssh(server)(events)

    return spoil
