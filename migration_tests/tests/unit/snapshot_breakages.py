# SPDX-License-Identifier: Apache-2.0
"""Ways to break a promise of images and copies: how the record shows it, who must fail."""

from __future__ import annotations

import dataclasses

from migration_tests.record import words
from migration_tests.record.events import (
    CopyIntroduced,
    DataRead,
    DiskRead,
    DomainsSeen,
    Gap,
    HostInspected,
    ImageSeen,
    MoveRequested,
    ProbeReport,
    RequestMade,
    ServerSeen,
    ServerSnapshot,
    SshAnswered,
    WriterEnded,
    WritesAcknowledged,
)
from migration_tests.tests.unit import healthy_snapshot as healthy
from migration_tests.tests.unit import record_parts as parts
from migration_tests.tests.unit.record_parts import (
    SHR,
    SOURCE,
    VOL,
    Spoil,
    changed,
    mapped,
    without,
)
from migration_tests.tests.unit.spoils import Breakages

COPY = healthy.copy_of(SHR)
REFUSED = {"accepted": False, "http_status": 409, "error": "in another state"}


def no_copy(server: str) -> tuple[Spoil, ...]:
    """Let there be no copy of a server."""
    copy = healthy.copy_of(server)
    return (
        without(CopyIntroduced, server=server),
        *(
            without(kind, server=copy)
            for kind in (ServerSeen, SshAnswered, DiskRead, DataRead, ServerSnapshot)
        ),
    )


def unread(server: str) -> tuple[Spoil, ...]:
    """Let nobody get into the copy of a server."""
    copy = healthy.copy_of(server)
    return without(DiskRead, server=copy), without(DataRead, server=copy)


def silent(server: str) -> tuple[Spoil, ...]:
    """Let the server itself not be read from any more."""
    return (
        without(DataRead, server=server, moment=words.RUNNING),
        without(DiskRead, server=server, moment=words.RUNNING),
    )


def of_copy(**values: object) -> Spoil:
    """Show other values of the copy."""
    return changed(ServerSnapshot, values, server=COPY)


def domain_of_copy(state: str | None) -> Spoil:
    """Let the host show the copy's domain in another state; None: not at all."""

    def change(look: HostInspected) -> HostInspected:
        kept = [one for one in look.domains or () if one.server != COPY]
        more = [] if state is None else parts.domains({COPY: state})
        return dataclasses.replace(look, domains=(*kept, *more))

    return mapped(HostInspected, change, host=parts.DESTINATION, moment=words.RUNNING)


SNAPSHOT_BREAKAGES: Breakages = {
    "the image is refused": (
        (
            changed(MoveRequested, REFUSED, server=SHR),
            without(ImageSeen, server=SHR),
            *no_copy(SHR),
        ),
        "image_made",
        SHR,
    ),
    "the image is given up": (
        (
            changed(ImageSeen, {"status": "ABSENT", "size": None}, server=SHR, status="active"),
            *no_copy(SHR),
        ),
        "image_made",
        SHR,
    ),
    "the image never becomes active": (
        (without(ImageSeen, server=SHR, status="active"), *no_copy(SHR)),
        "image_made",
        SHR,
    ),
    "the image is empty": (
        (changed(ImageSeen, {"size": 0}, server=SHR, status="active"),),
        "image_made",
        SHR,
    ),
    "the image does not say how large it is": (
        (changed(ImageSeen, {"size": None}, server=SHR, status="active"),),
        "image_made",
        SHR,
    ),
    "the image of a server on a volume names no snapshot": (
        (changed(ImageSeen, {"snapshots": (), "size": 5}, server=VOL, status="active"),),
        "image_made",
        VOL,
    ),
    "the copy is refused": (
        (
            *no_copy(SHR),
            changed(RequestMade, REFUSED, server=SHR, request="copy"),
        ),
        "copy_booted",
        SHR,
    ),
    "the copy ends in error": (
        (
            changed(ServerSeen, {"status": "ERROR"}, server=COPY, status="ACTIVE"),
            changed(ServerSnapshot, {"status": "ERROR"}, server=COPY),
            without(SshAnswered, server=COPY),
            *unread(SHR),
        ),
        "copy_booted",
        SHR,
    ),
    "the copy never comes to run": (
        (
            without(ServerSeen, server=COPY, status="ACTIVE"),
            changed(ServerSnapshot, {"status": "BUILD"}, server=COPY),
            without(SshAnswered, server=COPY),
            *unread(SHR),
        ),
        "copy_booted",
        SHR,
    ),
    "the copy does not answer": (
        (
            changed(
                SshAnswered,
                {"answered": False, "error": "timed out", "boot_id": None},
                server=COPY,
            ),
            *unread(SHR),
        ),
        "copy_booted",
        SHR,
    ),
    "the copy stops again": ((of_copy(status="SHUTOFF"),), "copy_booted", SHR),
    "the copy has no port": ((of_copy(ports=()),), "copy_booted", SHR),
    "the copy has the port of the server itself": (
        (of_copy(ports=parts.snapshot(SHR, words.RUNNING, SOURCE).ports),),
        "copy_booted",
        SHR,
    ),
    "the copy is in the server's own zone": (
        (of_copy(availability_zone=parts.zone(SHR)),),
        "copy_in_another_zone",
        SHR,
    ),
    "the copy is in no zone": ((of_copy(availability_zone=None),), "copy_in_another_zone", SHR),
    "the copy is on no host": ((of_copy(host=None),), "copy_in_another_zone", SHR),
    "the copy is on the server's own host": (
        (of_copy(host=SOURCE, hypervisor=SOURCE),),
        "copy_in_another_zone",
        SHR,
    ),
    "the copy is on a host of another zone": (
        (of_copy(host="compute3", hypervisor="compute3"),),
        "copy_in_another_zone",
        SHR,
    ),
    "the host of the copy does not have it": (
        (domain_of_copy(None),),
        "copy_in_another_zone",
        SHR,
    ),
    "the host of the copy does not run it": (
        (domain_of_copy(parts.OFF),),
        "copy_in_another_zone",
        SHR,
    ),
    "the copy lacks what was acknowledged before": (
        (changed(DataRead, {"intact": ((1, 39),)}, server=COPY),),
        "copy_holds_writes",
        SHR,
    ),
    "the copy has records of another server": (
        (changed(DataRead, {"intact": (), "damaged": tuple(range(1, 46))}, server=COPY),),
        "copy_holds_writes",
        SHR,
    ),
    "the copy is as new as the image of the server": (
        (
            changed(DataRead, {"intact": (), "exists": False}, server=COPY),
            changed(DiskRead, {"residue": ()}, server=COPY),
        ),
        "copy_holds_writes",
        SHR,
    ),
    "the copy has later records and a hole before them": (
        (changed(DataRead, {"intact": ((1, 42), (44, 45))}, server=COPY),),
        "copy_holds_writes",
        SHR,
    ),
    "the copy lacks the mark": (
        (changed(DiskRead, {"residue": ()}, server=COPY),),
        "copy_holds_writes",
        SHR,
    ),
    "the copy's disk is smaller": (
        (changed(DiskRead, {"size": healthy.GIB // 2}, server=COPY),),
        "copy_holds_writes",
        SHR,
    ),
    "the copy's system is another": (
        (changed(DiskRead, {"fingerprint": "other"}, server=COPY),),
        "copy_holds_writes",
        SHR,
    ),
    "the server is rebooted for the image": (
        (
            changed(
                SshAnswered, {"boot_id": "another boot"}, server=SHR, moment=words.RUNNING
            ),
        ),
        "original_went_on",
        SHR,
    ),
    "the server is suspended for the image and never resumed": (
        (
            changed(
                SshAnswered,
                {"answered": False, "error": "timed out", "boot_id": None},
                server=SHR,
                moment=words.RUNNING,
            ),
            *silent(SHR),
        ),
        "original_went_on",
        SHR,
    ),
    "the server's writer stops at the image": (
        (
            without(WritesAcknowledged, server=SHR, first=51),
            changed(WriterEnded, {"last": 50}, server=SHR),
        ),
        "original_went_on",
        SHR,
    ),
    "the image costs the server records": (
        (changed(DataRead, {"intact": ((1, 60),)}, server=SHR, moment=words.RUNNING),),
        "original_went_on",
        SHR,
    ),
    "the server is suspended while the image is made": (
        (
            changed(
                ProbeReport,
                {"longest": 6.0, "gaps": (Gap(t_start=61.0, t_end=67.0, error=0.02),)},
                server=SHR,
            ),
            changed(
                DomainsSeen,
                {"domains": parts.domains({**healthy.HERE, SHR: parts.OFF})},
                host=SOURCE,
                t_first_began=62,
            ),
        ),
        "bystander_undisturbed",
        SHR,
    ),
    "the server is away for long": (
        (
            changed(
                ProbeReport,
                {"longest": 8.0, "gaps": (Gap(t_start=61.0, t_end=69.0, error=0.02),)},
                server=SHR,
            ),
        ),
        "bystander_undisturbed",
        SHR,
    ),
}
