# SPDX-License-Identifier: Apache-2.0
"""The judge of disks: what a server runs on is still where it must be.

A disk that was deleted under a running server is not missed until it is opened again. May not
know: what is on the disk.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from migration_tests.judges.applies import EVERY_SERVER, MOVED
from migration_tests.judges.course import Seen
from migration_tests.judges.finding import (
    Finding,
    NotApplicable,
    NotProduced,
    failed,
    passed,
    unclear,
)
from migration_tests.judges.leftovers import inspection
from migration_tests.judges.registry import server_judge
from migration_tests.judges.scenario_record import ScenarioRecord
from migration_tests.record import words
from migration_tests.record.events import (
    DiskSource,
    HostInspected,
    ServerIntroduced,
    ServerSnapshot,
    SshAnswered,
)
from migration_tests.record.events.servers import DETAILS

ON_THE_HOST = ("file", "block")
CONFIG_DRIVE = "disk.config"  # what the name of a config drive ends with


@server_judge(
    question="the server's disks are where its domain looks for them",
    group="copies",
    applies=EVERY_SERVER,
    needs=("landed_elsewhere", "stayed_unchanged", "unrescue_completed"),
    evidence=("host.inspected:disks", "server.snapshot"),
)
def disk_in_place(record: ScenarioRecord, server: ServerIntroduced) -> Finding:
    """Every disk of its domain is there once the host it left has cleaned up.

    A failure means: a disk was deleted, most often by the clean-up of the host that was left,
    while QEMU had it open: the server is lost at its next stop.
    """
    host = record.host_at_end(server)
    look = inspection(record, host)
    if look.event.sources is None:
        raise NotProduced(f"list of the disks that the domains on {host} use", HostInspected)
    own = _own(look.event, server)
    expected = f"the disks of the server's domain on {host} are there"
    found = ", ".join(_text(source) for source in own)
    if not own:
        reason = f"{host} names no disk of the server's domain."
        return failed(reason, expected, "no disk", look.line)
    before = _before(record, server)
    lines = [look.line, *(one.line for one in before)]
    doubts = [_doubt(look.event, server), *(_doubt_before(one.event, server) for one in before)]
    if any(doubts):
        return unclear(" ".join(filter(None, doubts)), expected, found, *lines)
    for source in own:
        wrong = _wrong(source, host) or _used_twice(source, look.event.sources)
        if wrong:
            judge, reason = wrong
            return judge(reason, expected, found, look.line)
    was_there = [source for one in before for source in _own(one.event, server)]
    if _without_config_drive(record, server):
        was_there = [one for one in was_there if not one.source.endswith(CONFIG_DRIVE)]
    was = sorted(map(_identity, was_there))
    if was and was != sorted(map(_identity, own)):
        reason = f"The server's domain does not use the disks it used before: {', '.join(was)}."
        return failed(reason, f"as before: {', '.join(was)}", found, *lines)
    if all(source.type in ON_THE_HOST for source in own):
        return passed(expected, found, *lines)
    return _on_the_network(record, server, expected, found, lines)


def _without_config_drive(record: ScenarioRecord, server: ServerIntroduced) -> bool:
    """Say whether the cloud shows no config drive of a server; that is the question of another."""
    if not record.planned(DETAILS):
        return False
    shot = record.last_look(ServerSnapshot, "snapshot afterwards", server=server.server)
    return not shot.event.config_drive


def _doubt(look: HostInspected, server: ServerIntroduced) -> str:
    """Say why a look cannot have been at the files of a server that has its domain there.

    Nova keeps a folder for each, with the disk or without. May well be that another folder was
    looked into than Nova's: then it does not show either what is left somewhere.
    """
    if look.disks is None:
        return f"What files there are on {look.host} was not learned."
    owners = {owner for owner, _ in look.marks}
    if server.server not in owners:
        return f"On {look.host} there is the server's domain, and no folder of it was seen."
    if not all(owner and text for owner, text in (*look.marks, *look.disks)):
        return f"Of the files that were seen on {look.host} one has no name or no owner."
    strange = [owner for owner, _ in look.disks if owner not in owners]
    if strange:
        return f"On {look.host} a disk of {strange[0]} was seen, and no folder of it."
    return ""


def _wrong(source: DiskSource, host: str) -> tuple[Callable[..., Finding], str] | None:
    """Return how a disk that is not surely there is to be judged, and why."""
    if source.type not in (*ON_THE_HOST, "network") or not (source.source and source.target):
        name = source.target or "(nameless)"
        return unclear, f"The disk {name} is of a kind that cannot be looked for: {_text(source)}."
    if source.type == "network":
        on_the_host = source.present is not None or source.source.startswith("/")
        reason = f"{source.source} cannot be a disk on the network."
        return (unclear, reason) if on_the_host else None
    if source.present is None:
        return unclear, f"Whether {source.source} is there was not learned."
    if not source.present:
        return failed, f"The disk {source.source} is gone from {host}, though the server lives."
    return None


def _text(source: DiskSource) -> str:
    where = {True: "there", False: "gone", None: "not on the host"}[source.present]
    return f"{source.target} {source.type} {source.source} {where}"


def _used_twice(
    source: DiskSource, sources: Sequence[DiskSource]
) -> tuple[Callable[..., Finding], str] | None:
    """Return that the domain of another server uses the same disk, if one does."""
    for other in sources:
        if other.source == source.source and other.server != source.server:
            reason = f"The disk {source.source} is used by the server {other.server}, too."
            return failed, reason
    return None


def _own(look: HostInspected, server: ServerIntroduced) -> list[DiskSource]:
    return [source for source in look.sources or () if source.server == server.server]


def _doubt_before(look: HostInspected, server: ServerIntroduced) -> str:
    """Say why a look before the move cannot have seen the disks of a server, or nothing."""
    wrong = (_wrong(source, look.host) for source in _own(look, server))
    said = _doubt(look, server) or next((reason for _, reason in filter(None, wrong)), "")
    return f"Before it was moved: {said}" if said else ""


def _before(record: ScenarioRecord, server: ServerIntroduced) -> list[Seen[HostInspected]]:
    """Return the look at the disks that a domain used before it was moved, if one is planned."""
    if not MOVED(server) or not record.planned(f"{HostInspected.kind}:{words.BEFORE}"):
        return []
    host = record.source(server) or "no host"
    look = record.look_before(HostInspected, f"look at {host} before", host=host)
    if not _own(look.event, server):
        raise NotProduced(f"list of the disks that the server's domain used on {host} before")
    return [look]


def _identity(source: DiskSource) -> str:
    """Return what of a disk is the same on each host: a block device may have another path."""
    where = "" if source.type == "block" else f" {source.source}"
    return f"{source.target} {source.type}{where}"


def _on_the_network(
    record: ScenarioRecord,
    server: ServerIntroduced,
    expected: str,
    found: str,
    lines: list[int],
) -> Finding:
    """A disk on the network is not seen from the host: a hard reboot must open it anew."""
    if not MOVED(server):
        raise NotApplicable("its disks are on the network, and nothing was done to it")
    if not record.planned(f"{SshAnswered.kind}:{words.REBOOTED}"):
        reason = "A disk is on the network, and the server was not rebooted to open it anew."
        return unclear(reason, expected, found, *lines)
    logins = record.all(SshAnswered, server=server.server, moment=words.REBOOTED, answered=True)
    if not logins:
        raise NotApplicable("its disks are on the network; that they are there shows in a reboot")
    return passed(expected, f"{found}; opened by a hard reboot", *lines, logins[-1].line)
