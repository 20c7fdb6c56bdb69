# SPDX-License-Identifier: Apache-2.0
"""Ways to break what an evacuation promises of data, volumes, hosts and what is left on them."""

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
    MigrationSeen,
    ProbeReport,
    ServiceReported,
    ServiceSeen,
    VolumeSnapshot,
)
from migration_tests.tests.unit import healthy_record as healthy
from migration_tests.tests.unit import record_parts as parts
from migration_tests.tests.unit.record_parts import (
    BYS,
    DESTINATION,
    ELSEWHERE,
    EPH,
    OFF,
    SHR,
    SOURCE,
    VOL,
    between,
    changed,
    with_events,
    without,
)
from migration_tests.tests.unit.spoils import (
    Breakages,
    after,
    domain,
    not_back,
    not_cleaned,
    stopped,
)

OLD_ATTACHMENT = Attachment(attachment="old", server=VOL, host=SOURCE, status="attached")
NEW_ATTACHMENT = Attachment(attachment="new", server=VOL, host=DESTINATION, status="attached")

# What is broken, how the record shows it, and the one judge (and server) that must fail.
AFTERWARDS: Breakages = {
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
        (
            changed(
                ProbeReport,
                {"longest": 3.0, "gaps": (Gap(t_start=110.0, t_end=113.0, error=0.01),)},
            ),
        ),
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
            changed(
                HostInspected,
                {
                    "marks": (
                        (SHR, "7 2.5"),
                        *parts.marks(DESTINATION, set(healthy.SUBJECTS) - {SHR}),
                    )
                },
                host=DESTINATION,
            ),
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
