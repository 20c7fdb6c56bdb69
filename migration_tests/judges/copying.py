# SPDX-License-Identifier: Apache-2.0
"""Judges of a server that is carried to another zone by an image: the image, the copy, its data.

They are asked of the server that the image is made of, which goes on meanwhile. May not know: how
the image is made.
"""

from __future__ import annotations

from migration_tests.judges.absence import never
from migration_tests.judges.applies import COPIED
from migration_tests.judges.course import Seen
from migration_tests.judges.data import LEDGER, hole, how, intact, ledger
from migration_tests.judges.finding import Finding, NotProduced, failed, passed, unclear
from migration_tests.judges.guests import another_guest
from migration_tests.judges.ranges import merge, size, subtract, text
from migration_tests.judges.registry import server_judge
from migration_tests.judges.requests import contradiction
from migration_tests.judges.scenario_record import ScenarioRecord
from migration_tests.record import words
from migration_tests.record.events import (
    CopyIntroduced,
    DataRead,
    DiskRead,
    HostInspected,
    ImageSeen,
    MoveRequested,
    RequestMade,
    ServerIntroduced,
    ServerSeen,
    ServerSnapshot,
    SshAnswered,
    WriterStarted,
    WritesAcknowledged,
)
from migration_tests.record.events.servers import DETAILS

STEP = "make_images"  # the kind of step in which images are asked for
MADE = "active"  # what Glance says of an image that can be used
GONE = ("ABSENT", "deleted", "killed")


@server_judge(
    question="the image of the server was made, and there is something in it",
    group="copied",
    applies=COPIED,
    steps=(STEP,),
    evidence=("move.requested", "image.seen"),
)
def image_made(record: ScenarioRecord, server: ServerIntroduced) -> Finding:
    """The request was accepted, the image became active, with data or snapshots of volumes.

    A failure means: the cloud refused to make an image of a running server, or gave it up, or
    made an empty one.
    """
    expected = f"the request is accepted and the image becomes {MADE}"
    request = _request(record, server)
    if not request.event.accepted:
        found = f"HTTP {request.event.http_status}: {request.event.error}"
        reason = f"The cloud refused to make an image of the server: {found}."
        return failed(reason, expected, found, request.line)
    odd = contradiction(request.event)
    if odd:
        return unclear(f"The request contradicts itself: {odd}.", expected, odd, request.line)
    looks = _images(record, server)
    course = ", ".join(dict.fromkeys(look.event.status for look in looks))
    last = looks[-1]
    lines = [request.line, *(look.line for look in looks)]
    if last.event.status == MADE:
        return _in_it(server, looks, expected, course, lines=lines)
    if last.event.status in GONE:
        reason = f"The image was given up: it was {course}."
        return failed(reason, expected, course, *lines)
    return never(
        record,
        STEP,
        ImageSeen,
        f"The image never became {MADE}: it stayed {last.event.status}.",
        expected=expected,
        found=course,
        lines=lines,
    )


def _in_it(
    server: ServerIntroduced,
    looks: list[Seen[ImageSeen]],
    expected: str,
    course: str,
    *,
    lines: list[int],
) -> Finding:
    """What there must be in an image that can be used: bytes, or of volumes their snapshots."""
    if len({look.event.image for look in looks}) > 1:
        reason = "Several images were looked at: which is the one asked for is not known."
        return unclear(reason, expected, course, *lines)
    image = looks[-1].event
    held = image.snapshots if server.storage == words.VOLUME else image.size
    if not held:
        what = "no snapshot of a volume" if server.storage == words.VOLUME else "no bytes"
        reason = f"There is nothing in the image: {what}."
        return failed(reason, "an image with data", "an empty one", *lines)
    text_of = f"snapshots {', '.join(image.snapshots)}" if image.snapshots else f"{held} bytes"
    return passed(expected, f"{course}: {text_of}", *lines)


def _request(record: ScenarioRecord, server: ServerIntroduced) -> Seen[MoveRequested]:
    return record.last(
        MoveRequested, "request for an image", server=server.server, move=words.IMAGE
    )


def _images(record: ScenarioRecord, server: ServerIntroduced) -> list[Seen[ImageSeen]]:
    """Return the looks at the image of a server since it was asked for.

    :raises NotProduced: when there is none
    """
    since = _request(record, server).line
    looks = [one for one in record.all(ImageSeen, server=server.server) if one.line > since]
    if not looks:
        raise NotProduced("look at the image", ImageSeen)
    return looks


def _copy(record: ScenarioRecord, server: ServerIntroduced) -> Seen[CopyIntroduced]:
    return record.last(CopyIntroduced, "copy of the server", server=server.server)


@server_judge(
    question="a new server boots from the image, and answers as a server of its own",
    group="copied",
    applies=COPIED,
    needs=("image_made",),
    steps=("boot_copies",),
    evidence=("server.copied", "server.seen", "server.snapshot:running", "server.ssh:running"),
)
def copy_booted(record: ScenarioRecord, server: ServerIntroduced) -> Finding:
    """It is ACTIVE, has an ID and ports of its own, and its login leads to no other guest.

    A failure means: the image is no image that a server can be booted from, or the cloud has no
    place for it where it was asked for.
    """
    expected = "another server, ACTIVE, with ports of its own, that answers over SSH"
    asked = record.all(RequestMade, server=server.server, request="copy")
    if asked and not asked[-1].event.accepted:
        found = f"HTTP {asked[-1].event.http_status}: {asked[-1].event.error}"
        reason = f"The cloud refused to boot a server from the image: {found}."
        return failed(reason, expected, found, asked[-1].line)
    copied = _copy(record, server)
    copy = copied.event.copy
    lines = [copied.line]
    image = _images(record, server)[-1].event.image
    others = [one.server for one in record.servers]
    others += [one.event.copy for one in record.all(CopyIntroduced) if one is not copied]
    if copy in others or not copy or copied.event.image != image:
        reason = f"The server {copy or '(nameless)'} is no new one from the image {image}."
        return unclear(reason, expected, copied.event.image, *lines)
    seen = record.last(ServerSeen, "look at the copy", server=copy)
    lines.append(seen.line)
    if (seen.event.status, seen.event.task_state) != (words.ACTIVE, None):
        return _not_active(record, seen.event, expected, lines)
    login = record.last(SshAnswered, "login to the copy", server=copy, moment=words.RUNNING)
    shot = record.last(ServerSnapshot, "snapshot of the copy", server=copy, moment=words.RUNNING)
    lines += [login.line, shot.line]
    if not login.event.answered:
        reason = f"SSH to the copy does not answer: {login.event.error}."
        return failed(reason, expected, login.event.error or "no answer", *lines)
    doubt = another_guest(record, login) or _another_address(shot.event, login.event.address)
    if doubt:
        return unclear(doubt, expected, f"boot ID {login.event.boot_id}", *lines)
    return _own_ports(record, server, shot, expected, lines)


def _not_active(
    record: ScenarioRecord, seen: ServerSeen, expected: str, lines: list[int]
) -> Finding:
    found = seen.status + (f", task state {seen.task_state!r}" if seen.task_state else "")
    reason = f"The server from the image is {found}."
    if seen.status == words.ERROR:
        return failed(reason, expected, found, *lines)
    return never(
        record, "boot_copies", SshAnswered, reason, expected=expected, found=found, lines=lines
    )


def _another_address(shot: ServerSnapshot, address: str) -> str:
    """Say why a login cannot have led to a server of these addresses; nothing if it has none."""
    known = [ip for port in shot.ports for ip in port.fixed_ips]
    known += [one.address for one in shot.floating_ips]
    if not shot.ports or address in known:
        return ""
    return f"SSH answered at {address}, which is no address of the copy ({', '.join(known)})."


def _own_ports(
    record: ScenarioRecord,
    server: ServerIntroduced,
    shot: Seen[ServerSnapshot],
    expected: str,
    lines: list[int],
) -> Finding:
    before = record.look_before(ServerSnapshot, "snapshot before", server=server.server)
    lines.append(before.line)
    if (shot.event.status, shot.event.task_state) != (words.ACTIVE, None):
        found = f"{shot.event.status}, task state {shot.event.task_state!r}"
        return failed(f"The server from the image is {found}.", expected, found, *lines)
    ports = {port.port for port in shot.event.ports}
    if not ports:
        return failed("The cloud shows no port of the copy.", expected, "no ports", *lines)
    shared = sorted(ports & {port.port for port in before.event.ports})
    if shared:
        reason = f"The copy has the port {shared[0]} of the server itself."
        return failed(reason, expected, f"port {shared[0]}", *lines)
    return passed(expected, f"{shot.event.server} on {shot.event.host}", *lines)


@server_judge(
    question="the copy is in the other availability zone that it was asked for in",
    group="copied",
    applies=COPIED,
    needs=("copy_booted",),
    excused_by=("servers_ready",),
    evidence=(
        *(DETAILS, "server.snapshot:before", "server.snapshot:running", "server.copied"),
        "host.inspected:running",
    ),
)
def copy_in_another_zone(record: ScenarioRecord, server: ServerIntroduced) -> Finding:
    """By the zone and the host that Nova shows, and by that host itself, if it is looked at.

    A failure means: who puts two servers into two zones so that not both are lost at once has
    both in one.
    """
    copied = _copy(record, server)
    before = record.look_before(ServerSnapshot, "snapshot before", server=server.server)
    shot = record.last(
        ServerSnapshot,
        "snapshot of the copy",
        server=copied.event.copy,
        moment=words.RUNNING,
    )
    zone, host, own = copied.event.zone, shot.event.host, before.event.availability_zone
    lines = [copied.line, before.line, shot.line]
    expected = f"in {zone}, on one of {', '.join(copied.event.hosts) or 'no host'}; not in {own}"
    found = f"in {shot.event.availability_zone or 'no zone'}, on {host or 'no host'}"
    if not zone or not own or zone == own or not copied.event.hosts:
        reason = f"The copy of a server in {own or 'no zone'} was asked for in {zone or 'none'}."
        return unclear(reason, "another zone, with hosts", str(zone), *lines)
    if shot.event.availability_zone != zone or host not in copied.event.hosts:
        reason = f"The copy was asked for in {zone}, and is {found}."
        return failed(reason, expected, found, *lines)
    if host == before.event.host:
        reason = f"The copy is on {host}, where the server itself is."
        return failed(reason, expected, found, *lines)
    plan = record.plan
    if host is None or plan is None or host not in plan.hosts_looked_at:
        return passed(expected, found, *lines)
    return _runs_there(record, copied.event.copy, host, (expected, found), lines)


def _runs_there(
    record: ScenarioRecord, copy: str, host: str, texts: tuple[str, str], lines: list[int]
) -> Finding:
    """The host itself must say that the copy runs on it."""
    expected, found = texts
    look = record.last_look(HostInspected, f"look at {host} afterwards", host=host)
    if look.event.domains is None:
        raise NotProduced(f"list of the domains of {host}", HostInspected)
    states = [one.state for one in look.event.domains if one.server == copy]
    lines.append(look.line)
    if states == [None]:
        reason = f"Whether the copy runs on {host} was not learned."
        return unclear(reason, expected, "a domain of unknown state", *lines)
    if states != [words.DOMAIN_RUNS]:
        found = f"domain {states[0]}" if states else "no domain"
        reason = f"The copy is said to be on {host}, which has {found} of it."
        return failed(reason, expected, found, *lines)
    return passed(expected, f"{found}, where its domain runs", *lines)


@server_judge(
    question="the copy has every write that was acknowledged before images were asked for",
    group="copied",
    applies=COPIED,
    needs=("copy_booted",),
    explained_by=("original_went_on",),
    evidence=(*LEDGER, "disk.read:before", "disk.read:running", "data.read:running"),
)
def copy_holds_writes(record: ScenarioRecord, server: ServerIntroduced) -> Finding:
    """Its disk is the server's own at one moment, which is not before the first request.

    So it may have later records, without holes, as the server wrote on. A failure means: the image
    holds less than the server had on its disk, or something else: a backup that is none.
    """
    request = _request(record, server)
    copy = _copy(record, server).event.copy
    acknowledged = ledger(record, server)
    # Not by the request, which is on the record once it was answered: of a server on a volume the
    # snapshot is made before the answer.
    begun = [record.begun(phase) for phase in record.phases if phase.step == STEP]
    since = min((one.line for one in begun if one), default=0)
    due = [one for one in acknowledged if one.line < since]
    if not due:
        raise NotProduced("write acknowledged before images were asked for", WritesAcknowledged)
    read = record.last(
        DataRead, "reading of the copy's data", server=copy, moment=words.RUNNING
    )
    lines = [due[0].line, due[-1].line, request.line, read.line]
    numbers = merge((one.event.first, one.event.last) for one in due)
    there = intact(read)
    expected = f"all {size(numbers)} records acknowledged before ({text(numbers)})"
    found = f"intact: {text(there) or 'none'}"
    gap = hole(record, server, acknowledged)
    if gap:
        reason = f"The ledger of acknowledged writes has holes: {gap}; they may be lost."
        return unclear(reason, "every number acknowledged once", gap, *lines)
    lost = subtract(numbers, there)
    if lost:
        share = f"{size(lost)} of {size(numbers)}"
        reason = f"The copy lacks {share} acknowledged records: {how(read, lost)}."
        return failed(reason, expected, f"lost: {text(lost)}", *lines)
    if len(there) > 1:
        reason = f"The copy has later records and not those before them: {text(there)}."
        return failed(reason, "records without holes", found, *lines)
    if there[-1][1] > max(one.event.last for one in acknowledged) + 1:
        reason = f"The copy has the record {there[-1][1]}, which nobody wrote."
        return unclear(reason, expected, found, *lines)
    return _same_disk(record, server, copy, (expected, found), lines)


def _same_disk(
    record: ScenarioRecord,
    server: ServerIntroduced,
    copy: str,
    texts: tuple[str, str],
    lines: list[int],
) -> Finding:
    """See to it that the rest of the disk is the server's, too: the image's files, the mark."""
    what = "reading of the disk"
    before = record.look_before(DiskRead, f"{what} before", server=server.server)
    after = record.last(DiskRead, f"{what} of the copy", server=copy, moment=words.RUNNING)
    own = record.last(DiskRead, f"{what} after", server=server.server, moment=words.RUNNING)
    lines += [before.line, after.line, own.line]
    # The home folder may lie elsewhere in a copy: its name may be the server's.
    left, there = _names(own.event), _names(after.event)
    if not left or there != left:
        on_it = ", ".join(there) or "nothing"
        wanted = ", ".join(left) or "what was left on the disk"
        reason = f"Of what was left on the server's disk the copy's has {on_it}."
        return failed(reason, wanted, on_it, *lines)
    sizes = before.event.size, after.event.size
    if sizes[0] is not None and sizes[1] is None:
        raise NotProduced("size of the copy's disk", DiskRead)
    if sizes[0] not in (None, sizes[1]):
        reason = f"The copy's disk has {sizes[1]} bytes, the server's has {sizes[0]}."
        return failed(reason, f"{sizes[0]} bytes", f"{sizes[1]} bytes", *lines)
    if not before.event.fingerprint or not after.event.fingerprint:
        raise NotProduced("fingerprint of the disk", DiskRead)
    if before.event.fingerprint != after.event.fingerprint:
        reason = "The files of the copy's system are not those of the server's."
        mark = f"fingerprint {after.event.fingerprint}, was {before.event.fingerprint}"
        return failed(reason, "the same files", mark, *lines)
    return passed(*texts, *lines)


def _names(read: DiskRead) -> list[str]:
    return sorted(path.rpartition("/")[2] for path in read.residue)


@server_judge(
    question="the server went on while an image was made of it: it was not rebooted and wrote on",
    group="copied",
    applies=COPIED,
    needs=("image_made",),
    evidence=(
        *("server.ssh:before", "server.ssh:running", "writer.started", *LEDGER),
        *("image.seen", "data.read:running"),
    ),
)
def original_went_on(record: ScenarioRecord, server: ServerIntroduced) -> Finding:
    """The boot ID is the same, its writer wrote after the image was made, and nothing is lost.

    A failure means: whoever makes an image of a server disturbs or harms the server itself.
    """
    of = {"server": server.server}
    before = record.look_before(SshAnswered, "login before", **of)
    login = record.last(SshAnswered, "login afterwards", moment=words.RUNNING, **of)
    made = next((one for one in _images(record, server) if one.event.status == MADE), None)
    if made is None:
        raise NotProduced("look at the image that shows it made", ImageSeen)
    expected = f"boot ID {before.event.boot_id}, and writes that go on once the image is made"
    lines = [before.line, made.line, login.line]
    if not login.event.answered:
        reason = f"The server itself does not answer any more: {login.event.error}."
        return failed(reason, expected, login.event.error or "no answer", *lines)
    doubt = another_guest(record, login) or another_guest(record, before)
    if doubt or login.line < made.line:
        reason = doubt or "The server was not logged in to once the image was made."
        return unclear(reason, expected, f"boot ID {login.event.boot_id}", *lines)
    if before.event.boot_id != login.event.boot_id:
        reason = "The server was rebooted: it has another boot ID than before the image was made."
        return failed(reason, expected, f"boot ID {login.event.boot_id}", *lines)
    return _wrote_on(record, server, made, expected, lines)


def _wrote_on(
    record: ScenarioRecord,
    server: ServerIntroduced,
    made: Seen[ImageSeen],
    expected: str,
    lines: list[int],
) -> Finding:
    """Over the connection of before it must have acknowledged more, and all must be there."""
    of = {"server": server.server}
    acknowledged = ledger(record, server)
    started = record.last(WriterStarted, "start of the writer", **of)
    lines.append(started.line)
    gap = hole(record, server, acknowledged)
    if gap or started.line > made.line:
        reason = f"The ledger of acknowledged writes is not that of one writer: {gap}."
        return unclear(reason, expected, gap or "a later writer", *lines)
    later = [one for one in acknowledged if one.line > made.line]
    if not later:
        reason = "The server was not rebooted, but its writer did not go on."
        return failed(reason, expected, "no later write", *lines, acknowledged[-1].line)
    read = record.last(DataRead, "reading of the server's data", moment=words.RUNNING, **of)
    lines += [later[-1].line, read.line]
    lost = subtract(merge((s.event.first, s.event.last) for s in acknowledged), intact(read))
    if lost:
        reason = f"Since then {size(lost)} of its records are lost: {how(read, lost)}."
        return failed(reason, "all acknowledged records", f"lost: {text(lost)}", *lines)
    return passed(expected, f"record {later[-1].event.last} after the image was made", *lines)

