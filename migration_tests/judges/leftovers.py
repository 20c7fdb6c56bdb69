# SPDX-License-Identifier: Apache-2.0
"""Judges of what is left behind: on the source nothing, on the destination everything, once.

May not know: how the clean-up was reported (`evacuation`).
"""

from __future__ import annotations

from migration_tests.judges.engine import ServerJudge
from migration_tests.judges.finding import Finding, NotProduced, failed, passed
from migration_tests.judges.story_record import Seen, StoryRecord
from migration_tests.record import words
from migration_tests.record.events import (
    AllocationSnapshot,
    HostInspected,
    ServerIntroduced,
    ServerSnapshot,
    VolumeSnapshot,
)

AFTER = (words.RECOVERED, words.STARTED, words.EVACUATED)


def _look(record: StoryRecord, host: str) -> Seen[HostInspected]:
    what = f"look at {host} after the recovery"
    return record.last(HostInspected, what, host=host, moment=words.RECOVERED)


def _no_domain(record: StoryRecord, server: ServerIntroduced) -> Finding:
    source = record.source
    look = _look(record, source)
    if look.event.domains is None:
        raise NotProduced(f"list of the domains of {source}", HostInspected)
    expected = f"no domain of the server on {source}"
    if server.server in look.event.domains:
        reason = f"{source} still has the domain of the evacuated server."
        return failed(reason, expected, f"domain {server.server}", look.line)
    return passed(expected, f"{len(look.event.domains)} domains, not this one", look.line)


def _no_disk(record: StoryRecord, server: ServerIntroduced) -> Finding:
    source = record.source
    look = _look(record, source)
    if look.event.disks is None:
        raise NotProduced(f"list of the disks on {source}", HostInspected)
    left = [path for owner, path in look.event.disks if owner == server.server]
    expected = f"no disk of the server on {source}"
    # On a host with disks of its own every one that is left is too many.
    if left and server.storage != words.EPHEMERAL:
        host = record.destination(server.server)
        there = _look(record, host)
        if set(_marks(look, server)) & set(_marks(there, server)):
            found = f"its folder is one that {source} and {host} share"
            return passed(expected, found, look.line, there.line)
    if left:
        reason = f"{source} still has disks of the evacuated server: {', '.join(left)}."
        return failed(reason, expected, ", ".join(left), look.line)
    return passed(expected, "none", look.line)


def _marks(look: Seen[HostInspected], server: ServerIntroduced) -> list[str]:
    return [mark for owner, mark in look.event.marks if owner == server.server]


def _no_allocation(record: StoryRecord, server: ServerIntroduced) -> Finding:
    source = record.source
    shot = record.last(
        AllocationSnapshot,
        "look at the allocations after the recovery",
        server=server.server,
        moment=words.RECOVERED,
    )
    expected = f"no allocation on {source}"
    left = shot.event.by_host.get(source)
    if left:
        reason = f"{source} still holds an allocation for the evacuated server: {_sum(left)}."
        return failed(reason, expected, _sum(left), shot.line)
    return passed(
        expected, "only on " + (", ".join(sorted(shot.event.by_host)) or "no host"), shot.line
    )


def _sum(resources: dict[str, int]) -> str:
    return ", ".join(f"{amount} {name}" for name, amount in sorted(resources.items()))


def _destination_whole(record: StoryRecord, server: ServerIntroduced) -> Finding:
    host = record.destination(server.server)
    look = _look(record, host)
    shot = record.last(
        AllocationSnapshot,
        "look at the allocations after the recovery",
        server=server.server,
        moment=words.RECOVERED,
    )
    if look.event.domains is None:
        raise NotProduced(f"list of the domains of {host}", HostInspected)
    missing, lines = [], [look.line, shot.line]
    parts = ["domain", "allocation"]
    if server.server not in look.event.domains:
        missing.append("domain")
    if not shot.event.by_host.get(host):
        missing.append("allocation")
    if server.storage == words.EPHEMERAL:
        if look.event.disks is None:
            raise NotProduced(f"list of the disks on {host}", HostInspected)
        parts.append("disk")
        if not any(owner == server.server for owner, _ in look.event.disks):
            missing.append("disk")
    expected = f"{', '.join(parts)} on {host}"
    if missing:
        gone = " and ".join(missing)
        reason = f"On {host}, where the server is, its {gone} is missing."
        return failed(reason, expected, f"no {gone}", *lines)
    return passed(expected, "all there", *lines)


def _attached_once(record: StoryRecord, server: ServerIntroduced) -> Finding:
    host = record.destination(server.server)
    what = "snapshot after the evacuation"
    moment = record.latest(ServerSnapshot, AFTER, what, server=server.server).event.moment
    shots = _volumes(record, server.server, moment)
    before = _volumes(record, server.server, words.BEFORE)
    gone = sorted(set(before) - set(shots))
    # That a volume is gone shows only by its not being there: then nothing else may explain it.
    doubtful = record.cut_off or record.lost((VolumeSnapshot.kind,), server.server)
    if doubtful if gone else not shots:
        raise NotProduced("look at the volume afterwards", VolumeSnapshot)
    expected = f"one attachment of each volume, to this server on {host}"
    lines = [seen.line for seen in (*before.values(), *shots.values())]
    if gone:
        reason = f"The volume {', '.join(gone)} is no longer attached to the server."
        return failed(reason, expected, "no attachment", *lines)
    for seen in shots.values():
        volume = seen.event
        found = "; ".join(f"{a.status} on {a.host}" for a in volume.attachments) or "none"
        if len(volume.attachments) != 1:
            reason = (
                f"The volume {volume.volume} has {len(volume.attachments)} attachments: {found}."
            )
            return failed(reason, expected, found, *lines)
        attachment = volume.attachments[0]
        if attachment.server != server.server:
            reason = f"The volume {volume.volume} is attached to the server {attachment.server}."
            return failed(reason, expected, found, *lines)
        if attachment.host is None:
            raise NotProduced("host of the volume's attachment", VolumeSnapshot)
        if attachment.host != host:
            reason = (
                f"The volume {volume.volume} is attached on {attachment.host}, the server is on"
                f" {host}."
            )
            return failed(reason, expected, found, *lines)
        if volume.status != "in-use":
            reason = f"The volume {volume.volume} is {volume.status} though it is attached."
            return failed(reason, expected, volume.status, *lines)
    return passed(expected, "one attachment each, there", *lines)


def _volumes(record: StoryRecord, server: str, moment: str) -> dict[str, Seen[VolumeSnapshot]]:
    seen = record.all(VolumeSnapshot, server=server, moment=moment)
    return {one.event.volume: one for one in seen}


VOLUME_ATTACHED_ONCE = ServerJudge(
    name="volume_attached_once",
    question="the volume has exactly one attachment, on the host the server is on",
    ask=_attached_once,
    storages=(words.VOLUME,),
    needs=("landed_elsewhere",),
)
SOURCE_WITHOUT_DOMAIN = ServerJudge(
    name="source_without_domain",
    question="no domain of the server is left on the source host",
    ask=_no_domain,
    needs=("clean_up_completed",),
)
SOURCE_WITHOUT_DISK = ServerJudge(
    name="source_without_disk",
    question="no disk of the server is left on the source host",
    ask=_no_disk,
    needs=("clean_up_completed",),
    excused_by=("source_without_domain",),
)
SOURCE_WITHOUT_ALLOCATION = ServerJudge(
    name="source_without_allocation",
    question="no allocation of the server is left on the source host",
    ask=_no_allocation,
    needs=("clean_up_completed",),
)
DESTINATION_WHOLE = ServerJudge(
    name="destination_whole",
    question="domain, disk and allocation of the server are on the destination host",
    ask=_destination_whole,
    needs=("landed_elsewhere", "server_started", "clean_up_completed"),
)
