# SPDX-License-Identifier: Apache-2.0
"""Every way to break a promise of an evacuation: how the record shows it, who must fail."""

from __future__ import annotations

import dataclasses

from migration_tests.record import words
from migration_tests.record.event import Event
from migration_tests.record.events import (
    AllocationSnapshot,
    Attachment,
    DataRead,
    DiskRead,
    DisturbanceEnded,
    DisturbanceStarted,
    Domain,
    DomainsSeen,
    Gap,
    HostBooted,
    HostInspected,
    MigrationSeen,
    MoveRequested,
    ProbeReport,
    Reading,
    RequestMade,
    ScenarioFinished,
    ScenarioStopped,
    ServerAction,
    ServerIntroduced,
    ServerSeen,
    ServerSnapshot,
    ServiceReported,
    ServiceSeen,
    SshAnswered,
    VolumeSnapshot,
    WriteResumed,
)
from migration_tests.tests.unit import healthy_record as healthy
from migration_tests.tests.unit import record_parts as parts
from migration_tests.tests.unit.record_parts import (
    BYS,
    DESTINATION,
    ELSEWHERE,
    EPH,
    OFF,
    RUNS,
    SHR,
    SOURCE,
    VOL,
    Spoil,
    between,
    changed,
    ending,
    mapped,
    with_events,
    without,
)

AFTER = (words.MOVED, words.RUNNING, words.RETURNED)


def after(server: str, **values: object) -> Spoil:
    """Give every snapshot of a server after the move other values."""
    return changed(ServerSnapshot, values, server=server, moment=AFTER)


def port_of(server: str, moments: tuple[str, ...] = AFTER, **values: object) -> Spoil:
    """Give the server's port other values in its snapshots."""

    def change(event: ServerSnapshot) -> Event:
        port = dataclasses.replace(event.ports[0], **values)
        return dataclasses.replace(event, ports=(port,))

    return mapped(ServerSnapshot, change, server=server, moment=moments)


def cut_short(t: float, phase: str, reason: str) -> Spoil:
    """Let the scenario stop before there is anything to recover: nothing more happens."""
    stop = ScenarioStopped(phase=phase, cause=words.CLOUD, reason=reason)
    return ending(t, stop, ScenarioFinished(complete=False))


RECOVERY = healthy.PHASES["power_on"]


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


def domain(host: str, server: str, state: str | None) -> Spoil:
    """Let the last look at a host show a server's domain in some state; None: not at all."""

    def change(event: HostInspected) -> Event:
        kept = [one for one in event.domains or () if one.server != server]
        more = [] if state is None else [Domain(server=server, state=state)]
        return dataclasses.replace(event, domains=(*kept, *more))

    return mapped(HostInspected, change, host=host, moment=words.RETURNED)


def runs_on(host: str, server: str, first: float, last: float, state: str = RUNS) -> Spoil:
    """Let the looks at a host from one time to another show a server's domain there."""

    def spoil(events: list[parts.Timed]) -> list[parts.Timed]:
        left = between(first, last + 0.3, DomainsSeen)(
            [(t, e) for t, e in events if isinstance(e, DomainsSeen) and e.host == host]
        )
        others = [
            one for one in events if not (isinstance(one[1], DomainsSeen) and one[1].host == host)
        ]
        return with_events(parts.watched(host, first, last, {server: state}), *left)(others)

    return spoil


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


OLD_ATTACHMENT = Attachment(attachment="old", server=VOL, host=SOURCE, status="attached")
NEW_ATTACHMENT = Attachment(attachment="new", server=VOL, host=DESTINATION, status="attached")

DIED_NOT = {
    "verdict": "unknown",
    "readings": (
        Reading(witness="ssh", says="alive", detail="same boot ID", t_mono=101.0),
        Reading(witness="ping", says="alive", t_mono=101.0),
    ),
}

Servers = str | tuple[str, ...] | None

# What is broken, how the record shows it, and the one judge (and server) that must fail.
BREAKAGES: dict[str, tuple[tuple[Spoil, ...], str, Servers]] = {
    "a server does not answer before": (
        (
            changed(SshAnswered, {"answered": False, "error": "refused"}, server=SHR),
            cut_short(21, "boot", "SSH to name-id-shared did not answer"),
        ),
        "servers_ready",
        SHR,
    ),
    "a server cannot be booted": (
        (cut_short(2, "boot", "No valid host was found"), without(SshAnswered)),
        "servers_ready",
        None,
    ),
    "no server can be booted": (
        (cut_short(2, "boot", "No valid host was found"), without(ServerIntroduced)),
        "servers_ready",
        None,
    ),
    "the cloud shows no port before": (
        (changed(ServerSnapshot, {"ports": ()}, server=BYS),),
        "servers_ready",
        BYS,
    ),
    "the host did not die": (
        (
            changed(DisturbanceStarted, DIED_NOT),
            cut_short(102, "inject", "compute1 still answers"),
        ),
        "host_died",
        None,
    ),
    "the cloud never sees the host down": (
        (
            without(ServiceSeen, state="down"),
            not_moved(*healthy.SUBJECTS),
            stopped(109, "mark_down", "still up, 60 s"),
        ),
        "service_seen_down",
        None,
    ),
    "the evacuation is refused": (
        (
            changed(
                MoveRequested,
                {"accepted": False, "http_status": 400, "error": "in use"},
                server=VOL,
            ),
            without(MigrationSeen, server=VOL),
            without(ServerSnapshot, server=VOL, moment=words.MOVED),
            no_ssh(VOL),
        ),
        "evacuation_completed",
        VOL,
    ),
    "the evacuation ends in error": (
        (
            changed(MigrationSeen, {"status": "error"}, server=SHR, status="done"),
            without(MigrationSeen, server=SHR, status="completed"),
            no_ssh(SHR),
        ),
        "evacuation_completed",
        SHR,
    ),
    "one evacuation never ends": (
        (
            without(MigrationSeen, server=EPH, status=("done", "completed")),
            no_ssh(EPH),
        ),
        "evacuation_completed",
        EPH,
    ),
    "no evacuation ends and the scenario stops there": (
        (
            without(MigrationSeen, status=("done", "completed")),
            stopped(119, "evacuate", "no server arrived from compute1"),
            *(no_ssh(server) for server in healthy.SUBJECTS),
        ),
        "evacuation_completed",
        healthy.SUBJECTS,
    ),
    "the migration record was done and is in error later": (
        (changed(MigrationSeen, {"status": "error"}, server=SHR, status="completed"),),
        "evacuation_completed",
        SHR,
    ),
    "an event of the action failed though the record says done": (
        (
            mapped(
                ServerAction,
                lambda event: dataclasses.replace(
                    event,
                    events=(
                        event.events[0],
                        dataclasses.replace(event.events[1], result="Error"),
                    ),
                ),
                server=SHR,
            ),
        ),
        "action_succeeded",
        SHR,
    ),
    "the action has a message of an error": (
        (changed(ServerAction, {"message": "Error"}, server=VOL),),
        "action_succeeded",
        VOL,
    ),
    "the server is still shown on the dead host": (
        (after(SHR, host=SOURCE), port_of(SHR, host=SOURCE)),
        "landed_elsewhere",
        SHR,
    ),
    "the cloud shows no host for the server": (
        (after(SHR, host=None),),
        "landed_elsewhere",
        SHR,
    ),
    "the migration record names no destination": (
        (changed(MigrationSeen, {"destination": None}, server=VOL),),
        "landed_elsewhere",
        VOL,
    ),
    "the server went elsewhere than it was asked to": (
        (changed(MoveRequested, {"target": ELSEWHERE}, server=VOL),),
        "landed_elsewhere",
        VOL,
    ),
    "the server runs though it must be stopped": (
        (changed(ServerSnapshot, {"status": "ACTIVE"}, server=VOL, moment=words.MOVED),),
        "status_as_promised",
        VOL,
    ),
    "a task state comes back": (
        (with_events((114, parts.seen(VOL, "ACTIVE", "rebuilding", SOURCE))),),
        "task_states_in_order",
        VOL,
    ),
    "a task state comes twice": (
        (
            with_events(
                (113.1, parts.seen(VOL, "ACTIVE", None, SOURCE)),
                (113.2, parts.seen(VOL, "ACTIVE", "rebuild_spawning", SOURCE)),
            ),
        ),
        "task_states_in_order",
        VOL,
    ),
    "a task state has no place there": (
        (with_events((114, parts.seen(VOL, "ACTIVE", "migrating", SOURCE))),),
        "task_states_in_order",
        VOL,
    ),
    "the server is gone": ((gone(SHR),), "id_kept", SHR),
    "the name changed": ((after(VOL, name="other"),), "name_kept", VOL),
    "the name changed for a while": (
        (changed(ServerSnapshot, {"name": "x"}, server=VOL, moment=words.RUNNING),),
        "name_kept",
        VOL,
    ),
    "the flavor changed": (
        (after(VOL, flavor=parts.flavor(VOL).replace("m.volume", "m.other")),),
        "flavor_kept",
        VOL,
    ),
    "the port was replaced": (
        (port_of(SHR, port="new", mac="new", fixed_ips=("10.0.0.99",)), no_ssh(SHR)),
        "port_ids_kept",
        SHR,
    ),
    "all ports are gone": ((after(SHR, ports=(), floating_ips=()),), "port_ids_kept", SHR),
    "the MAC changed": ((port_of(SHR, mac="new"),), "mac_kept", SHR),
    "the fixed IP changed": (
        (port_of(SHR, fixed_ips=("10.0.0.99",)), after(SHR, floating_ips=()), no_ssh(SHR)),
        "fixed_ip_kept",
        SHR,
    ),
    "the floating IP is lost": (
        (after(SHR, floating_ips=()), no_ssh(SHR)),
        "floating_ip_kept",
        SHR,
    ),
    "the port keeps its old binding": (
        (port_of(EPH, host=SOURCE, status="DOWN"), no_ssh(EPH)),
        "port_bound",
        EPH,
    ),
    "the cloud shows no host for the port": ((port_of(EPH, host=None),), "port_bound", EPH),
    "the port stays down": ((port_of(EPH, status="DOWN"),), "port_bound", EPH),
    "the evacuated server cannot be started": (
        (
            changed(
                RequestMade,
                {"accepted": False, "http_status": 409, "error": "conflict"},
                server=SHR,
                request="start",
            ),
            without(ServerSeen, server=SHR, status="ACTIVE", task_state=None),
            changed(ServerSnapshot, {"status": "SHUTOFF"}, server=SHR, moment=words.RUNNING),
            changed(ServerSnapshot, {"status": "SHUTOFF"}, server=SHR, moment=words.RETURNED),
        ),
        "server_started",
        SHR,
    ),
    "the started server stops again": (
        (
            changed(ServerSnapshot, {"status": "SHUTOFF"}, server=SHR, moment=words.RETURNED),
            domain(DESTINATION, SHR, OFF),
        ),
        "server_started",
        SHR,
    ),
    "the evacuated server does not answer": ((no_ssh(VOL),), "ssh_answers", VOL),
    "none answers and the scenario stops there": (
        (
            *(no_ssh(server) for server in healthy.SUBJECTS),
            without(DataRead),
            without(WriteResumed),
            stopped(130, "reconnect", "no server answers"),
        ),
        "ssh_answers",
        healthy.SUBJECTS,
    ),
    "none was logged in to and the scenario stops there": (
        (
            without(SshAnswered, moment=(words.RUNNING, words.REBOOTED)),
            without(DataRead),
            without(WriteResumed),
            stopped(129.5, "reconnect", "no address leads to a server"),
        ),
        "ssh_answers",
        None,
    ),
    "the old guest answers in place of the new one": (
        (changed(SshAnswered, {"boot_id": f"boot-1-{VOL}"}, server=VOL, moment=words.RUNNING),),
        "ssh_answers",
        VOL,
    ),
    "an acknowledged write is lost at the end": (
        (changed(DataRead, {"intact": ((1, 99),)}, server=VOL),),
        "acknowledged_writes_present",
        VOL,
    ),
    "an acknowledged write is damaged in the middle": (
        (changed(DataRead, {"intact": ((1, 49), (51, 104)), "damaged": (50,)}, server=SHR),),
        "acknowledged_writes_present",
        SHR,
    ),
    "the whole disk is lost": (
        (changed(DataRead, {"intact": (), "exists": False}, server=SHR),),
        "acknowledged_writes_present",
        SHR,
    ),
    "the source's clean-up destroys the data": (
        (
            changed(
                DataRead,
                {"intact": (), "exists": False},
                server=SHR,
                moment=(words.RETURNED, words.REBOOTED),
            ),
        ),
        "acknowledged_writes_present",
        SHR,
    ),
    "the data are lost in the reboot": (
        (changed(DataRead, {"intact": ()}, server=SHR, moment=words.REBOOTED),),
        "acknowledged_writes_present",
        SHR,
    ),
    "the ephemeral disk holds old data": (
        (changed(DiskRead, {"residue": ("/records",)}, server=EPH, moment=words.RUNNING),),
        "ephemeral_disk_pristine",
        EPH,
    ),
    "the ephemeral disk is of another image": (
        (changed(DiskRead, {"fingerprint": "other"}, server=EPH, moment=words.RUNNING),),
        "ephemeral_disk_pristine",
        EPH,
    ),
    "the old attachment leaks": (
        (
            changed(
                VolumeSnapshot,
                {"attachments": (OLD_ATTACHMENT, NEW_ATTACHMENT)},
                moment=words.RETURNED,
            ),
        ),
        "volume_attached_once",
        VOL,
    ),
    "the attachment stays on the source": (
        (changed(VolumeSnapshot, {"attachments": (OLD_ATTACHMENT,)}, moment=words.RETURNED),),
        "volume_attached_once",
        VOL,
    ),
    "the cloud shows no host for the attachment": (
        (
            changed(
                VolumeSnapshot,
                {"attachments": (dataclasses.replace(NEW_ATTACHMENT, host=None),)},
                moment=words.RETURNED,
            ),
        ),
        "volume_attached_once",
        VOL,
    ),
    "the attachment is only reserved": (
        (
            changed(
                VolumeSnapshot,
                {"attachments": (dataclasses.replace(NEW_ATTACHMENT, status="reserved"),)},
                moment=words.RETURNED,
            ),
        ),
        "volume_attached_once",
        VOL,
    ),
    "the volume is no longer attached": (
        (without(VolumeSnapshot, moment=words.RETURNED),),
        "volume_attached_once",
        VOL,
    ),
    "the volume has another device name": (
        (changed(VolumeSnapshot, {"device": "/dev/vdb"}, moment=words.RETURNED),),
        "device_names_kept",
        VOL,
    ),
    "the cloud shows no device name any more": (
        (changed(VolumeSnapshot, {"device": None}, moment=words.RETURNED),),
        "device_names_kept",
        VOL,
    ),
    "the bystander has an outage": (
        (changed(ProbeReport, {"longest": 3.0, "gaps": (Gap(t_start=110.0, t_end=113.0),)}),),
        "bystander_undisturbed",
        BYS,
    ),
    "the bystander loses its name": ((after(BYS, name="x"),), "bystander_undisturbed", BYS),
    "the host was never off": (
        (changed(HostBooted, {"boot_id": "boot-1"}, moment=words.RETURNED),),
        "host_recovered",
        None,
    ),
    "the host does not come back": (
        (not_back(), stopped(145, "power_on", "compute1 did not boot within 300 s")),
        "host_recovered",
        None,
    ),
    "the compute service does not come back": (
        (
            not_cleaned(),
            without(ServiceReported),
            between(139, 190, ServiceSeen),
            stopped(150, "power_on", "nova-compute is still down"),
        ),
        "host_recovered",
        None,
    ),
    "the source does not clean up one server": (
        (
            without(MigrationSeen, server=SHR, status="completed"),
            domain(SOURCE, SHR, OFF),
        ),
        "clean_up_completed",
        SHR,
    ),
    "the clean-up is said to be done while the source is off": (
        (
            without(MigrationSeen, server=SHR, status="completed"),
            with_events((135, healthy.migration(SHR, "completed"))),
        ),
        "clean_up_completed",
        SHR,
    ),
    "a domain leaks though the record is completed": (
        (
            domain(SOURCE, EPH, OFF),
            changed(
                HostInspected,
                {"disks": ((EPH, "/disk"),)},
                host=SOURCE,
                moment=words.RETURNED,
            ),
        ),
        "source_without_domain",
        EPH,
    ),
    "a disk leaks": (
        (
            changed(
                HostInspected,
                {"disks": ((EPH, "/disk"),)},
                host=SOURCE,
                moment=words.RETURNED,
            ),
        ),
        "source_without_disk",
        EPH,
    ),
    "a disk leaks where folders are not the same": (
        (
            changed(
                HostInspected,
                {"disks": ((SHR, "/disk"),), "marks": ((SHR, "7 1.5"),)},
                host=SOURCE,
                moment=words.RETURNED,
            ),
            changed(HostInspected, {"marks": ((SHR, "7 2.5"),)}, host=DESTINATION),
        ),
        "source_without_disk",
        SHR,
    ),
    "an allocation leaks": (
        (
            changed(
                AllocationSnapshot,
                {"by_host": {SOURCE: {"VCPU": 1}, DESTINATION: parts.held(VOL)}},
                server=VOL,
                moment=words.RETURNED,
            ),
        ),
        "source_without_allocation",
        VOL,
    ),
    "there is no allocation at all": (
        (changed(AllocationSnapshot, {"by_host": {}}, server=VOL, moment=words.RETURNED),),
        "destination_whole",
        VOL,
    ),
    "the destination's allocation is missing": (
        (
            changed(
                AllocationSnapshot,
                {"by_host": {ELSEWHERE: parts.held(VOL)}},
                server=VOL,
                moment=words.RETURNED,
            ),
        ),
        "destination_whole",
        VOL,
    ),
    "the destination's allocation is twice the flavor": (
        (
            changed(
                AllocationSnapshot,
                {"by_host": {DESTINATION: {"VCPU": 2, "MEMORY_MB": 256}}},
                server=VOL,
                moment=words.RETURNED,
            ),
        ),
        "destination_whole",
        VOL,
    ),
    "a third host holds an allocation": (
        (
            changed(
                AllocationSnapshot,
                {"by_host": {DESTINATION: parts.held(VOL), ELSEWHERE: {"VCPU": 1}}},
                server=VOL,
                moment=words.RETURNED,
            ),
        ),
        "destination_whole",
        VOL,
    ),
    "the destination's domain is missing": (
        (domain(DESTINATION, SHR, None),),
        "destination_whole",
        SHR,
    ),
    "the domain is listed and does not run": (
        (domain(DESTINATION, SHR, OFF),),
        "domain_running",
        SHR,
    ),
    "the domain did not run for a while": (
        (
            between(122, 175, DomainsSeen),
            with_events(
                parts.watched(DESTINATION, 122, 150, healthy.ALL_RUN),
                parts.watched(DESTINATION, 152, 156, {**healthy.ALL_RUN, SHR: OFF}),
                parts.watched(DESTINATION, 158, 174, healthy.ALL_RUN),
                parts.watched(SOURCE, 101, 139, None),
                parts.watched(SOURCE, 141, 159, healthy.ALL_OFF),
            ),
        ),
        "domain_running",
        SHR,
    ),
    "the returning source runs its old copy for a while": (
        (
            without(DomainsSeen, host=SOURCE),
            with_events(
                parts.watched(SOURCE, 50, 98, {**healthy.ALL_RUN}),
                parts.watched(SOURCE, 101, 139, None),
                parts.watched(SOURCE, 141, 159, {**healthy.ALL_OFF, VOL: RUNS}),
                parts.watched(SOURCE, 161, 187, {}),
            ),
        ),
        "single_copy",
        VOL,
    ),
    "the source's old copy still runs": (
        (
            without(DomainsSeen, host=SOURCE),
            with_events(
                parts.watched(SOURCE, 50, 98, {**healthy.ALL_RUN}),
                parts.watched(SOURCE, 101, 139, None),
                parts.watched(SOURCE, 141, 187, {SHR: RUNS}),
            ),
            domain(SOURCE, SHR, RUNS),
        ),
        "single_copy",
        SHR,
    ),
    "the source's clean-up deletes the disk": (
        (
            disk_of(SHR, present=False),
            no_ssh(SHR, words.REBOOTED),
            without(ServerSeen, server=SHR, status="ACTIVE", task_state=None),
            with_events(
                (122, parts.seen(SHR, "ACTIVE", None, DESTINATION)),
                (179, parts.seen(SHR, "ERROR", None, DESTINATION)),
            ),
        ),
        "disk_in_place",
        SHR,
    ),
    "the source's clean-up deletes a bystander's disk": (
        (disk_of(BYS, present=False),),
        "disk_in_place",
        BYS,
    ),
    "the server does not come back from the hard reboot": (
        (no_ssh(VOL, words.REBOOTED),),
        "hard_reboot_survived",
        VOL,
    ),
    "the hard reboot is refused": (
        (
            changed(
                RequestMade,
                {"accepted": False, "http_status": 409, "error": "conflict"},
                server=VOL,
                request="hard_reboot",
            ),
            no_ssh(VOL, words.REBOOTED),
        ),
        "hard_reboot_survived",
        VOL,
    ),
    "the hard reboot did not reboot it": (
        (changed(SshAnswered, {"boot_id": f"boot-2-{VOL}"}, server=VOL, moment=words.REBOOTED),),
        "hard_reboot_survived",
        VOL,
    ),
    "a write after the move is lost in the reboot": (
        (changed(DataRead, {"intact": ((1, 103),)}, server=SHR, moment=words.REBOOTED),),
        "later_writes_present",
        SHR,
    ),
    "a new local disk is lost in the reboot": (
        (changed(DataRead, {"exists": False}, server=EPH, moment=words.REBOOTED),),
        "later_writes_present",
        EPH,
    ),
    "the host stays forced down": (
        (without(ServiceSeen, state="up", forced_down=False),),
        "host_given_back",
        None,
    ),
    "the host cannot be given back": (
        (
            without(ServiceSeen, state="up", forced_down=False),
            stopped(164, "give_back", "HTTP 400 to forced_down=false"),
        ),
        "host_given_back",
        None,
    ),
}
