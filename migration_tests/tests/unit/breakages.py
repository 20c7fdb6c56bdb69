# SPDX-License-Identifier: Apache-2.0
"""Every way to break a promise: what is broken, how the record shows it, who must fail."""

from __future__ import annotations

import dataclasses

from migration_tests.record import words
from migration_tests.record.events import (
    AllocationSnapshot,
    Attachment,
    DataRead,
    DiskRead,
    Gap,
    HostBooted,
    HostInspected,
    HostKilled,
    MigrationSeen,
    ProbeReport,
    Reading,
    RequestMade,
    ServerSeen,
    ServerSnapshot,
    ServiceReported,
    ServiceSeen,
    SshAnswered,
    VolumeSnapshot,
)
from migration_tests.record.story_events import StoryFinished, StoryStopped
from migration_tests.tests.unit import told_story as told
from migration_tests.tests.unit.told_story import (
    BYS,
    DESTINATION,
    EPH,
    SHR,
    SOURCE,
    VOL,
    Spoil,
    changed,
    ending,
    with_events,
    without,
)


def port_of(server: str, **values: object) -> Spoil:
    """Give the server's port other values in every snapshot after the disaster."""

    def spoil(events: list[told.Told]) -> list[told.Told]:
        for moment in (words.EVACUATED, words.STARTED, words.RECOVERED):
            wanted = {"server": server, "moment": moment}
            for _, event in list(events):
                if told.fits(event, ServerSnapshot, wanted):
                    port = dataclasses.replace(event.ports[0], **values)
                    events = [
                        (t0, dataclasses.replace(e, ports=(port,)) if e is event else e)
                        for t0, e in events
                    ]
        return events

    return spoil


def after(server: str, **values: object) -> Spoil:
    def spoil(events: list[told.Told]) -> list[told.Told]:
        for moment in (words.EVACUATED, words.STARTED, words.RECOVERED):
            events = changed(ServerSnapshot, values, server=server, moment=moment)(events)
        return events

    return spoil


def stopped(t: float, phase: str, reason: str, cause: str = words.CLOUD) -> Spoil:
    stop = StoryStopped(phase=phase, cause=cause, reason=reason)
    return ending(t, stop, StoryFinished(complete=False))


def no_ssh(server: str) -> Spoil:
    return changed(
        SshAnswered,
        {"answered": False, "error": "timed out after 120 s"},
        server=server,
        moment=words.STARTED,
    )


OLD_ATTACHMENT = Attachment(attachment="old", server=VOL, host=SOURCE, status="attached")
NEW_ATTACHMENT = Attachment(attachment="new", server=VOL, host=DESTINATION, status="attached")

# What is broken, how the record shows it, and the one judge (and server) that must fail.
BREAKAGES: dict[str, tuple[tuple[Spoil, ...], str, str | None]] = {
    "a server does not answer before the disaster": (
        (
            changed(SshAnswered, {"answered": False, "error": "refused"}, server=SHR),
            stopped(21, words.PREPARE, "SSH to name-id-shared did not answer"),
        ),
        "servers_ready",
        SHR,
    ),
    "a server cannot be booted": (
        (stopped(2, words.PREPARE, "No valid host was found"), without(SshAnswered)),
        "servers_ready",
        None,
    ),
    "the host did not die": (
        (
            changed(
                HostKilled,
                {
                    "verdict": "unknown",
                    "readings": (
                        Reading(witness="ssh", says="alive", detail="same boot ID"),
                        Reading(witness="ping", says="alive"),
                    ),
                },
            ),
            stopped(102, words.KILL, "compute1 still answers"),
        ),
        "host_died",
        None,
    ),
    "the cloud never sees the host down": (
        (without(ServiceSeen, state="down"), stopped(109, words.SERVICE_DOWN, "still up, 60 s")),
        "service_seen_down",
        None,
    ),
    "the evacuation is refused": (
        (
            changed(
                RequestMade,
                {"accepted": False, "http_status": 400, "error": "in use"},
                server=VOL,
                request="evacuate",
            ),
            without(MigrationSeen, server=VOL),
            without(ServerSnapshot, server=VOL, moment=words.EVACUATED),
        ),
        "evacuation_completed",
        VOL,
    ),
    "the evacuation ends in error": (
        (
            changed(MigrationSeen, {"status": "error"}, server=SHR, status="done"),
            without(MigrationSeen, server=SHR, status="completed"),
        ),
        "evacuation_completed",
        SHR,
    ),
    "the evacuation never ends and the story stops there": (
        (
            without(MigrationSeen, server=EPH, status="done"),
            stopped(119, words.EVACUATE, "id-ephemeral is still accepted after 300 s"),
        ),
        "evacuation_completed",
        EPH,
    ),
    "the server is still shown on the dead host": (
        (after(SHR, host=SOURCE), port_of(SHR, host=SOURCE)),
        "landed_elsewhere",
        SHR,
    ),
    "a task state comes back": (
        (with_events((114, told.seen(VOL, "ACTIVE", "rebuilding", SOURCE))),),
        "task_states_in_order",
        VOL,
    ),
    "a task state comes twice": (
        (
            with_events(
                (113.1, told.seen(VOL, "ACTIVE", None, SOURCE)),
                (113.2, told.seen(VOL, "ACTIVE", "rebuild_spawning", SOURCE)),
            ),
        ),
        "task_states_in_order",
        VOL,
    ),
    "a task state has no place there": (
        (with_events((114, told.seen(VOL, "ACTIVE", "migrating", SOURCE))),),
        "task_states_in_order",
        VOL,
    ),
    "the server is gone": (
        (
            with_events((119, told.seen(SHR, "ABSENT", None, DESTINATION))),
            without(ServerSnapshot, server=SHR, moment=words.EVACUATED),
            without(ServerSnapshot, server=SHR, moment=words.STARTED),
            without(ServerSnapshot, server=SHR, moment=words.RECOVERED),
            no_ssh(SHR),
        ),
        "id_kept",
        SHR,
    ),
    "the name changed": ((after(VOL, name="other"),), "name_kept", VOL),
    "the flavor changed": ((after(VOL, flavor="large"),), "flavor_kept", VOL),
    "the port was replaced": (
        (port_of(SHR, port="new", mac="new", fixed_ips=("10.0.0.99",)), no_ssh(SHR)),
        "port_ids_kept",
        SHR,
    ),
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
            changed(ServerSnapshot, {"status": "SHUTOFF"}, server=SHR, moment=words.STARTED),
            changed(ServerSnapshot, {"status": "SHUTOFF"}, server=SHR, moment=words.RECOVERED),
        ),
        "server_started",
        SHR,
    ),
    "the evacuated server does not answer": ((no_ssh(VOL),), "ssh_answers", VOL),
    "none answers and the story stops there": (
        (no_ssh(VOL), stopped(130, words.CHECK, "id-volume does not answer")),
        "ssh_answers",
        VOL,
    ),
    "an acknowledged write is lost at the end": (
        (changed(DataRead, {"intact": ((1, 99),)}, server=VOL),),
        "acknowledged_writes_present",
        VOL,
    ),
    "an acknowledged write is damaged in the middle": (
        (changed(DataRead, {"intact": ((1, 49), (51, 103)), "damaged": (50,)}, server=SHR),),
        "acknowledged_writes_present",
        SHR,
    ),
    "the whole disk is lost": (
        (changed(DataRead, {"intact": (), "exists": False}, server=SHR),),
        "acknowledged_writes_present",
        SHR,
    ),
    "the source's clean-up destroys the disk": (
        (changed(DataRead, {"intact": (), "exists": False}, server=SHR, moment=words.RECOVERED),),
        "acknowledged_writes_present",
        SHR,
    ),
    "the ephemeral disk holds old data": (
        (changed(DiskRead, {"residue": ("/records",)}, server=EPH, moment=words.STARTED),),
        "ephemeral_disk_pristine",
        EPH,
    ),
    "the ephemeral disk is of another image": (
        (changed(DiskRead, {"fingerprint": "other"}, server=EPH, moment=words.STARTED),),
        "ephemeral_disk_pristine",
        EPH,
    ),
    "the old attachment leaks": (
        (
            changed(
                VolumeSnapshot,
                {"attachments": (OLD_ATTACHMENT, NEW_ATTACHMENT)},
                moment=words.RECOVERED,
            ),
        ),
        "volume_attached_once",
        VOL,
    ),
    "the attachment stays on the source": (
        (changed(VolumeSnapshot, {"attachments": (OLD_ATTACHMENT,)}, moment=words.RECOVERED),),
        "volume_attached_once",
        VOL,
    ),
    "the volume is no longer attached": (
        (without(VolumeSnapshot, moment=words.RECOVERED),),
        "volume_attached_once",
        VOL,
    ),
    "the bystander has an outage": (
        (changed(ProbeReport, {"longest": 3.0, "gaps": (Gap(t_start=110.0, t_end=113.0),)}),),
        "bystander_undisturbed",
        BYS,
    ),
    "the host was never off": (
        (changed(HostBooted, {"boot_id": "boot-1"}, moment=words.RECOVERED),),
        "host_recovered",
        None,
    ),
    "the host does not come back": (
        (stopped(139, words.POWER_ON, "compute1 did not boot within 300 s"),),
        "host_recovered",
        None,
    ),
    "the compute service does not come back": (
        (
            without(ServiceReported),
            stopped(150, words.POWER_ON, "nova-compute is still down"),
        ),
        "host_recovered",
        None,
    ),
    "the source does not clean up one server": (
        (
            without(MigrationSeen, server=SHR, status="completed"),
            changed(HostInspected, {"domains": (SHR,)}, host=SOURCE),
        ),
        "clean_up_completed",
        SHR,
    ),
    "a domain leaks though the record is completed": (
        (changed(HostInspected, {"domains": (EPH,), "disks": ((EPH, "/disk"),)}, host=SOURCE),),
        "source_without_domain",
        EPH,
    ),
    "a disk leaks": (
        (changed(HostInspected, {"disks": ((EPH, "/disk"),)}, host=SOURCE),),
        "source_without_disk",
        EPH,
    ),
    "a disk leaks where folders are not the same": (
        (
            changed(
                HostInspected,
                {"disks": ((SHR, "/disk"),), "marks": ((SHR, "7 1.5"),)},
                host=SOURCE,
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
                {"by_host": {SOURCE: {"VCPU": 1}, DESTINATION: {"VCPU": 1}}},
                server=VOL,
                moment=words.RECOVERED,
            ),
        ),
        "source_without_allocation",
        VOL,
    ),
    "the destination's allocation is missing": (
        (changed(AllocationSnapshot, {"by_host": {}}, server=VOL, moment=words.RECOVERED),),
        "destination_whole",
        VOL,
    ),
    "the destination's domain is missing": (
        (changed(HostInspected, {"domains": (VOL, EPH)}, host=DESTINATION),),
        "destination_whole",
        SHR,
    ),
    "the host stays forced down": (
        (without(ServiceSeen, state="up", forced_down=False),),
        "host_given_back",
        None,
    ),
    "the host cannot be given back": (
        (
            without(ServiceSeen, state="up", forced_down=False),
            stopped(164, words.GIVE_BACK, "HTTP 400 to forced_down=false"),
        ),
        "host_given_back",
        None,
    ),
}
