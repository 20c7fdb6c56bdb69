# SPDX-License-Identifier: Apache-2.0
"""Ways to break a promise of a rescue: how the record shows it, who must fail."""

from __future__ import annotations

import dataclasses

from migration_tests.record import words
from migration_tests.record.events import (
    AllocationSnapshot,
    AttachedDisk,
    DataRead,
    HostInspected,
    MoveRequested,
    RequestMade,
    RescueRead,
    ServerAction,
    ServerSeen,
    ServerSnapshot,
    SshAnswered,
)
from migration_tests.tests.unit import healthy_rescue as healthy
from migration_tests.tests.unit import record_parts as parts
from migration_tests.tests.unit.record_parts import (
    DESTINATION,
    EPH,
    SHR,
    SOURCE,
    VOL,
    changed,
    mapped,
    with_events,
    without,
)
from migration_tests.tests.unit.spoils import Breakages

READ = healthy.read(SHR).disks
REFUSED = {"accepted": False, "http_status": 409, "error": "in another state"}


def disks(*found: AttachedDisk) -> parts.Spoil:
    """Let the rescue system see other disks; without the server's own nothing is read of it."""
    return parts.changed(RescueRead, {"disks": found}, server=SHR)


def never_unrescued(server: str) -> tuple[parts.Spoil, ...]:
    """Let a server stay in rescue for ever."""
    shown = {"status": words.IN_RESCUE}
    return (
        parts.between(78, 78, ServerSeen, server=server),
        changed(ServerSnapshot, shown, server=server, moment=words.RUNNING),
    )


RESCUE_BREAKAGES: Breakages = {
    "the rescue is refused": (
        (
            changed(MoveRequested, REFUSED, server=SHR),
            without(ServerSeen, server=SHR, status=words.IN_RESCUE),
            without(ServerSeen, server=SHR, task_state="rescuing"),
        ),
        "rescue_completed",
        SHR,
    ),
    "the rescue ends in error": (
        (
            changed(
                ServerSeen,
                {"status": "ERROR"},
                server=SHR,
                status=words.IN_RESCUE,
                task_state=None,
            ),
            changed(ServerAction, {"message": "Driver Error"}, server=SHR, action="rescue"),
        ),
        "rescue_completed",
        SHR,
    ),
    "the rescue never ends": (
        (without(ServerSeen, server=SHR, status=words.IN_RESCUE),),
        "rescue_completed",
        SHR,
    ),
    "an event of the rescue failed": (
        (
            mapped(
                ServerAction,
                lambda one: dataclasses.replace(
                    one,
                    events=tuple(dataclasses.replace(e, result="Error") for e in one.events),
                ),
                server=SHR,
                action="rescue",
            ),
        ),
        "action_succeeded",
        SHR,
    ),
    "the server is shown ACTIVE while it is rescued": (
        (changed(ServerSnapshot, {"status": "ACTIVE"}, server=VOL, moment=words.MOVED),),
        "status_as_promised",
        VOL,
    ),
    "the rescue takes the server to another host": (
        (
            changed(
                ServerSeen, {"host": DESTINATION}, server=SHR, status=words.IN_RESCUE
            ),
        ),
        "landed_elsewhere",
        SHR,
    ),
    "the rescue system does not answer": (
        (
            changed(
                SshAnswered,
                {"answered": False, "error": "timed out", "boot_id": None},
                server=SHR,
                moment=words.RESCUED,
            ),
            without(RescueRead, server=SHR),
            without(DataRead, server=SHR, moment=words.RESCUED),
        ),
        "rescue_answers",
        SHR,
    ),
    "the server itself answers, which never went down": (
        (
            changed(
                SshAnswered,
                {"boot_id": healthy.ssh(SHR, words.BEFORE, 1).boot_id},
                server=SHR,
                moment=words.RESCUED,
            ),
        ),
        "rescue_answers",
        SHR,
    ),
    "the server's own disk is booted in place of a rescue system": (
        (changed(RescueRead, {"root_mark": SHR, "root": "vdb1"}, server=SHR),),
        "rescue_answers",
        SHR,
    ),
    "another server's disk is booted in place of a rescue system": (
        (changed(RescueRead, {"root_mark": VOL}, server=SHR),),
        "rescue_answers",
        SHR,
    ),
    "the rescue system has no other disk": (
        (disks(), without(DataRead, server=SHR, moment=words.RESCUED)),
        "rescue_disk_attached",
        SHR,
    ),
    "the rescue system has parts of its own disk only": (
        (disks(*READ[:2]), without(DataRead, server=SHR, moment=words.RESCUED)),
        "rescue_disk_attached",
        SHR,
    ),
    "the other disk is one of the image": (
        (
            disks(*READ[:3], dataclasses.replace(READ[3], mark="")),
            without(DataRead, server=SHR, moment=words.RESCUED),
        ),
        "rescue_disk_attached",
        SHR,
    ),
    "the other disk is another server's": (
        (
            disks(*READ[:3], dataclasses.replace(READ[3], mark=VOL)),
            without(DataRead, server=SHR, moment=words.RESCUED),
        ),
        "rescue_disk_attached",
        SHR,
    ),
    "the server's disk is there twice": (
        (disks(*READ, AttachedDisk(device="vdc", size=healthy.GIB, mark=SHR)),),
        "rescue_disk_attached",
        SHR,
    ),
    "the server's disk is smaller than it was": (
        (disks(*READ[:2], dataclasses.replace(READ[3], device="vdb", size=healthy.GIB // 2)),),
        "rescue_disk_attached",
        SHR,
    ),
    "the disk lacks records as the rescue system reads it": (
        (changed(DataRead, {"intact": ((1, 30),)}, server=SHR, moment=words.RESCUED),),
        "acknowledged_writes_present",
        SHR,
    ),
    "the disk has no record file as the rescue system reads it": (
        (
            changed(
                DataRead, {"intact": (), "exists": False}, server=SHR, moment=words.RESCUED
            ),
        ),
        "acknowledged_writes_present",
        SHR,
    ),
    "the rescue has harmed the data": (
        (changed(DataRead, {"intact": ((1, 39),)}, server=EPH, moment=words.RUNNING),),
        "acknowledged_writes_present",
        EPH,
    ),
    "unrescuing is refused": (
        (changed(RequestMade, REFUSED, server=SHR, request="unrescue"), *never_unrescued(SHR)),
        "unrescue_completed",
        SHR,
    ),
    "unrescuing never ends": (never_unrescued(VOL), "unrescue_completed", VOL),
    "the server leaves its rescue by itself": (
        (with_events((72, parts.seen(SHR, "ACTIVE", None, SOURCE))),),
        "unrescue_completed",
        SHR,
    ),
    "the unrescued server stops again": (
        (changed(ServerSnapshot, {"status": "SHUTOFF"}, server=EPH, moment=words.RUNNING),),
        "unrescue_completed",
        EPH,
    ),
    "an event of unrescuing never ended well": (
        (
            mapped(
                ServerAction,
                lambda one: dataclasses.replace(
                    one,
                    events=tuple(dataclasses.replace(e, result="Error") for e in one.events),
                ),
                server=SHR,
                action="unrescue",
            ),
        ),
        "unrescue_completed",
        SHR,
    ),
    "Nova lists no event of unrescuing": (
        (changed(ServerAction, {"events": ()}, server=SHR, action="unrescue"),),
        "unrescue_completed",
        SHR,
    ),
    "the rescue system boots on in place of the server": (
        (
            mapped(
                HostInspected,
                lambda look: dataclasses.replace(
                    look,
                    sources=tuple(
                        dataclasses.replace(one, source=f"{one.source}.rescue")
                        if one.server == SHR
                        else one
                        for one in look.sources or ()
                    ),
                ),
                host=SOURCE,
                moment=words.RUNNING,
            ),
        ),
        "disk_in_place",
        SHR,
    ),
    "the rescue leaves its disk": (
        (
            changed(
                HostInspected,
                {"disks": ((EPH, parts.path(EPH)), (EPH, f"{parts.path(EPH)}.rescue"))},
                host=SOURCE,
                moment=words.RUNNING,
            ),
        ),
        "rescue_left_nothing",
        EPH,
    ),
    "the rescue takes an allocation for itself": (
        (
            changed(
                AllocationSnapshot,
                {"by_host": {SOURCE: {"VCPU": 2}}},
                server=SHR,
                moment=words.MOVED,
            ),
        ),
        "rescue_left_nothing",
        SHR,
    ),
    "the rescue gives the server's allocation away": (
        (changed(AllocationSnapshot, {"by_host": {}}, server=SHR, moment=words.RUNNING),),
        "rescue_left_nothing",
        SHR,
    ),
}
