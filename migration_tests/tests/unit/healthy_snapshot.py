# SPDX-License-Identifier: Apache-2.0
"""A hand-built record of servers that are carried to another zone by images.

Of a server on shared storage and of one on a volume, on compute1, images are made while they
write; copies are booted from these on compute2; a bystander on compute2 answers on.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable

from migration_tests.record import words
from migration_tests.record.events import (
    CopyIntroduced,
    DataRead,
    DiskRead,
    ImageSeen,
    MoveRequested,
    RequestMade,
    ServerSnapshot,
    SshAnswered,
    WriterEnded,
    WriteResumed,
    WriterStarted,
    WritesAcknowledged,
)
from migration_tests.record.history import Line
from migration_tests.tests.unit import record_parts as parts
from migration_tests.tests.unit.healthy_live import probe
from migration_tests.tests.unit.healthy_record import allocation, ssh
from migration_tests.tests.unit.healthy_resize import GIB, action
from migration_tests.tests.unit.living_host import LivingHost, inspected, looks
from migration_tests.tests.unit.record_parts import (
    BYS,
    DESTINATION,
    RUNS,
    SHR,
    SOURCE,
    VOL,
    Timed,
    seen,
    snapshot,
    volume,
    watched,
)

SCENARIO = "images"
SUBJECTS = (SHR, VOL)
ZONE = "zone-of-copies"
LEFT = ("/root/mark", "/root/records")  # what the suite has left on the disks


PLAN = {
    0.0: parts.phase("boot", "booting the servers", "server.ssh:before", "probe.report"),
    22.0: parts.phase(
        "watch_domains", "beginning to watch the domains of the hosts", "domains.seen"
    ),
    22.5: parts.phase(
        "start_writers",
        "getting the servers to write",
        *("disk.read:before", "writer.started", "writer.acknowledged"),
        *looks(words.BEFORE),
        *parts.FILLED_IN,
        "host.inspected:before",
    ),
    59.0: parts.phase(
        "make_images",
        "making images of the servers",
        *("move.requested", "image.seen", "server.action"),
    ),
    66.0: parts.phase(
        "boot_copies",
        "booting copies of the servers in another zone",
        *("server.request", "server.copied", "server.ssh:running"),
    ),
    74.0: parts.phase(
        "read_copies",
        "reading the disks of the copies",
        *("disk.read:running", "data.read:running"),
    ),
    78.0: parts.phase(
        "stop_writers",
        "ending the writers in the servers",
        *("writer.ended", "writer.ended:last"),
    ),
    80.0: parts.phase(
        "reconnect",
        "logging in to the servers",
        *("server.ssh:running", "disk.read:running", "data.read:running", "writer.resumed"),
    ),
    86.0: parts.phase(
        "inspect_hosts",
        "looking at what is there",
        *("host.inspected:running", "host.inspected:disks"),
        *looks(words.RUNNING),
        recovery=True,
    ),
}


def expectation(server: str) -> parts.Expectation:
    return parts.expectation(
        words.IMAGE, server, memory=words.LOST, place=words.ANOTHER_ZONE
    )


ON_A_LIVING_HOST = LivingHost(
    title="servers are carried to another zone",
    phases=PLAN,
    expected={server: (expectation(server),) for server in SUBJECTS},
)
plan, introduced = ON_A_LIVING_HOST.plan, ON_A_LIVING_HOST.introduced


def copy_of(server: str) -> str:
    return f"copy-of-{server}"


def image(server: str, status: str) -> ImageSeen:
    made = status == "active"
    return ImageSeen(
        server=server,
        image=f"image-of-{server}",
        status=status,
        size=(0 if server == VOL else GIB) if made else None,
        snapshots=(f"snapshot-of-{server}",) if made and server == VOL else (),
    )


def address(server: str) -> str:
    """Where the copy of a server answers."""
    return f"172.30.6.{len(server)}"


def look_at_copy(server: str) -> ServerSnapshot:
    """A copy once it runs: whatever it has is its own."""
    found = snapshot(server, words.RUNNING, DESTINATION)
    ports = tuple(
        dataclasses.replace(port, port=f"port-{copy_of(server)}") for port in found.ports
    )
    addresses = tuple(
        dataclasses.replace(one, address=address(server)) for one in found.floating_ips
    )
    return dataclasses.replace(
        found,
        server=copy_of(server),
        name="copy",
        ports=ports,
        floating_ips=addresses,
        availability_zone=ZONE,
    )


def _subject(server: str) -> list[Timed]:
    copy = copy_of(server)
    copied = CopyIntroduced(
        server=server,
        copy=copy,
        image=f"image-of-{server}",
        zone=ZONE,
        hosts=(DESTINATION, "compute4"),
    )
    login = SshAnswered(
        server=copy,
        moment=words.RUNNING,
        address=address(server),
        answered=True,
        boot_id=f"boot of {copy}",
    )
    found: list[Timed] = [
        (1, introduced(server, SOURCE)),
        (20, seen(server, "ACTIVE", None, SOURCE)),
        (21, ssh(server, words.BEFORE, 1)),
        (22, DiskRead(server=server, moment=words.BEFORE, fingerprint="image", size=GIB)),
        (23, WriterStarted(server=server, path="/records")),
        (24, WritesAcknowledged(server=server, first=1, last=40)),
        (25, snapshot(server, words.BEFORE, SOURCE)),
        (25, allocation(server, words.BEFORE, SOURCE)),
        (60, MoveRequested(server=server, move=words.IMAGE, accepted=True)),
        (60.5, image(server, "queued")),
        (61, WritesAcknowledged(server=server, first=41, last=50)),
        (61, seen(server, "ACTIVE", "image_uploading", SOURCE)),
        (64, seen(server, "ACTIVE", None, SOURCE)),
        (64, image(server, "active")),
        (65, action(server, "createImage", "compute_snapshot_instance", SOURCE)),
        (67, copied),
        (67, RequestMade(server=server, request="copy", accepted=True)),
        (68, seen(copy, "BUILD", "spawning", DESTINATION)),
        (70, seen(copy, "ACTIVE", None, DESTINATION)),
        (73, login),
        (
            75,
            DiskRead(
                server=copy,
                moment=words.RUNNING,
                fingerprint="image",
                residue=LEFT,
                size=GIB,
            ),
        ),
        (76, DataRead(server=copy, moment=words.RUNNING, intact=((1, 45),))),
        (78.5, WritesAcknowledged(server=server, first=51, last=90)),
        (79, WriterEnded(server=server, reason="the writer was ended", last=90)),
        (81, ssh(server, words.RUNNING, 1)),
        (
            82,
            DiskRead(
                server=server,
                moment=words.RUNNING,
                fingerprint="image",
                residue=LEFT,
                size=GIB,
            ),
        ),
        (83, DataRead(server=server, moment=words.RUNNING, intact=((1, 90),))),
        (84, WriteResumed(server=server, number=91)),
        (87, snapshot(server, words.RUNNING, SOURCE)),
        (87, allocation(server, words.RUNNING, SOURCE)),
        (87, look_at_copy(server)),
        (99, dataclasses.replace(probe(server), longest=0.02)),
    ]
    if server == VOL:
        moments = {25: words.BEFORE, 87: words.RUNNING}
        found += [(t, volume(server, moment, SOURCE)) for t, moment in moments.items()]
    return found


HERE = dict.fromkeys(SUBJECTS, RUNS)
COPIES = {copy_of(server): RUNS for server in SUBJECTS}


def healthy() -> list[Timed]:
    """Return every event of a scenario in which all promises were kept, with its time."""
    there = inspected(DESTINATION, words.RUNNING, {BYS: RUNS})
    there = dataclasses.replace(there, domains=parts.domains({BYS: RUNS, **COPIES}))
    more: list[Timed] = [
        (99, dataclasses.replace(probe(BYS), longest=0.02)),
        (26, inspected(SOURCE, words.BEFORE, HERE)),
        watched(SOURCE, 24, 60, HERE),
        watched(SOURCE, 62, 66, HERE),
        watched(SOURCE, 68, 98, HERE),
        watched(DESTINATION, 24, 68, {BYS: RUNS}),
        watched(DESTINATION, 70, 98, {BYS: RUNS, **COPIES}),
        (88, inspected(SOURCE, words.RUNNING, HERE)),
        (88, there),
    ]
    for server in SUBJECTS:
        more += _subject(server)
    return ON_A_LIVING_HOST.events((87, words.RUNNING), more)


def lines(events: Iterable[Timed], scenario: str | None = SCENARIO) -> list[Line]:
    """Return the events as the lines a history holds, through JSON and back."""
    return parts.lines(events, scenario)
