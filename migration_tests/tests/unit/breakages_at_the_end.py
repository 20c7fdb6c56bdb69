# SPDX-License-Identifier: Apache-2.0
"""Ways to break what an evacuation promises at its end: one copy runs on its disks and reboots."""

from __future__ import annotations

from migration_tests.record import words
from migration_tests.record.events import (
    DataRead,
    DomainsSeen,
    RequestMade,
    ServerSeen,
    SshAnswered,
)
from migration_tests.tests.unit import healthy_record as healthy
from migration_tests.tests.unit import record_parts as parts
from migration_tests.tests.unit.record_parts import (
    BYS,
    DESTINATION,
    EPH,
    OFF,
    RUNS,
    SHR,
    SOURCE,
    VOL,
    between,
    changed,
    with_events,
    without,
)
from migration_tests.tests.unit.spoils import Breakages, disk_of, domain, no_ssh, not_rebooted

# What is broken, how the record shows it, and the one judge (and server) that must fail.
AT_THE_END: Breakages = {
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
    "the server is in ERROR after the hard reboot": (
        (not_rebooted(VOL, "ERROR"),),
        "hard_reboot_survived",
        VOL,
    ),
    "the server is still rebooting when its time is up": (
        (not_rebooted(SHR, "HARD_REBOOT", "reboot_started_hard"),),
        "hard_reboot_survived",
        SHR,
    ),
    "the domain does not run at the very end": (
        (
            with_events(
                (186, parts.seen(EPH, "ACTIVE", None, DESTINATION)),
                parts.watched(DESTINATION, 189, 189, {**healthy.ALL_RUN, EPH: OFF}),
            ),
        ),
        "domain_running",
        EPH,
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
}
