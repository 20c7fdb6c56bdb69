# SPDX-License-Identifier: Apache-2.0
"""Judges of volumes: attached once, where the server is, under the same name.

May not know: what is on them (`data`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from migration_tests.judges.applies import ON_VOLUMES
from migration_tests.judges.course import Seen
from migration_tests.judges.finding import Finding, NotProduced, failed, passed, unclear
from migration_tests.judges.registry import server_judge
from migration_tests.judges.scenario_record import ScenarioRecord
from migration_tests.record import words
from migration_tests.record.events import ServerIntroduced, ServerSnapshot, VolumeSnapshot

Volumes = dict[str, Seen[VolumeSnapshot]]


@server_judge(
    question="the volume has exactly one attachment, on the host the server is on",
    group="volume",
    applies=ON_VOLUMES,
    needs=("landed_elsewhere",),
    evidence=("volume.snapshot:before", "volume.snapshot", "server.snapshot"),
)
def volume_attached_once(record: ScenarioRecord, server: ServerIntroduced) -> Finding:
    """Before as after, each volume is attached once, to this server, where it is.

    A failure means: the old attachment was not removed, the new one not made, or Cinder does
    not know where it is.
    """
    before = _volumes(record, server.server, words.BEFORE)
    if not before:
        raise NotProduced("look at the volume before", VolumeSnapshot, moment=words.BEFORE)
    shots = record.looks(ServerSnapshot, "snapshot after the move", server=server.server)
    moment = shots[-1].event.moment
    _must_be_whole(record, server, moment)
    after = _volumes(record, server.server, moment)
    looks = [
        seen
        for seen in record.all(VolumeSnapshot, server=server.server)
        if seen.event.moment != words.BEFORE
    ]
    gone = sorted(set(before) - set(after))
    host = record.destination(server)
    expected = f"one attachment of each volume, to this server on {host}"
    lines = [seen.line for seen in (*before.values(), *looks)]
    if gone:
        reason = f"The volume {', '.join(gone)} is no longer attached to the server."
        return failed(reason, expected, "no attachment", *lines)
    source = record.source(server) or ""
    there = [(source, " before", seen) for seen in before.values()]
    there += [(record.host_at(server, seen.line) or host, "", seen) for seen in looks]
    for where, when, seen in there:
        wrong = _wrong(seen, server, where, when)
        if wrong:
            return failed(wrong, expected, _text(seen.event), *lines)
    other = _of_another_volume(record, [*before.values(), *looks])
    if other:
        return unclear(other, expected, "one ID for two attachments", *lines)
    return passed(expected, "one attachment each, there", *lines)


def _of_another_volume(record: ScenarioRecord, looks: Iterable[Seen[VolumeSnapshot]]) -> str:
    """Say which attachment stands on the record for two volumes, if one does."""
    own = {one.attachment: seen.event.volume for seen in looks for one in seen.event.attachments}
    for seen in record.everywhere(VolumeSnapshot):
        for one in seen.event.attachments:
            volume = own.get(one.attachment, seen.event.volume)
            if volume != seen.event.volume:
                return (
                    f"The attachment {one.attachment} is said to be of the volume {volume} and of"
                    f" {seen.event.volume}."
                )
    return ""


def _must_be_whole(record: ScenarioRecord, server: ServerIntroduced, moment: str) -> None:
    """See to it that a volume that is not seen is not there, and not only missing on the record.

    :raises NotProduced: when something else may explain that it is not seen
    """
    if record.cut_off or record.lost((VolumeSnapshot.kind,), server.server):
        raise NotProduced("look at the volume afterwards", VolumeSnapshot, moment=moment)
    if not record.planned(f"volume.snapshot:{moment}"):
        raise NotProduced("look at the volume afterwards", VolumeSnapshot)


def _wrong(seen: Seen[VolumeSnapshot], server: ServerIntroduced, host: str, when: str) -> str:
    """Return what is wrong with a volume's attachments, or nothing."""
    return next(_objections(seen.event, server, host, when), "")


def _objections(
    volume: VolumeSnapshot, server: ServerIntroduced, host: str, when: str
) -> Iterator[str]:
    if len(volume.attachments) != 1:
        yield f"The volume {volume.volume} has {len(volume.attachments)} attachments{when}" + (
            f": {_text(volume)}." if volume.attachments else "."
        )
        return
    attachment = volume.attachments[0]
    if not attachment.attachment:
        yield f"The attachment of the volume {volume.volume} has no ID{when}."
    if attachment.server != server.server:
        yield f"The volume {volume.volume} is attached to the server {attachment.server}{when}."
    if attachment.host is None:
        yield f"The cloud shows no host for the attachment of the volume {volume.volume}{when}."
    if attachment.host != host:
        yield (
            f"The volume {volume.volume} is attached on {attachment.host}{when}, the server is on"
            f" {host}."
        )
    if attachment.status != "attached":
        yield f"The attachment of the volume {volume.volume} is {attachment.status}{when}."
    if volume.status != "in-use":
        yield f"The volume {volume.volume} is {volume.status} though it is attached{when}."


def _text(volume: VolumeSnapshot) -> str:
    return "; ".join(f"{a.status} on {a.host}" for a in volume.attachments) or "none"


def _volumes(record: ScenarioRecord, server: str, moment: str) -> Volumes:
    seen = record.all(VolumeSnapshot, server=server, moment=moment)
    return {one.event.volume: one for one in seen}


@server_judge(
    question="each volume has the device name that it had before",
    group="volume",
    applies=ON_VOLUMES,
    needs=("landed_elsewhere",),
    excused_by=("volume_attached_once",),
    evidence=("volume.snapshot:device", "volume.snapshot:before"),
)
def device_names_kept(record: ScenarioRecord, server: ServerIntroduced) -> Finding:
    """Compared volume by volume: two that changed places are two that changed.

    A failure means: the guest finds its volumes under other names: what mounts by name mounts
    the wrong one.
    """
    before = _volumes(record, server.server, words.BEFORE)
    if not before:
        raise NotProduced("look at the volume before", VolumeSnapshot, moment=words.BEFORE)
    looks = record.looks(VolumeSnapshot, "look at the volume afterwards", server=server.server)
    lines = [seen.line for seen in (*before.values(), *looks)]
    names = {volume: seen.event.device for volume, seen in before.items()}
    expected = ", ".join(f"{name} ({volume})" for volume, name in names.items())
    nameless = [volume for volume, name in names.items() if not name]
    if nameless:
        reason = f"The cloud showed no device name of the volume {', '.join(nameless)} before."
        return failed(reason, "a device name", "none", *lines)
    for seen in looks:
        volume, name = seen.event.volume, seen.event.device
        was = names.get(volume)
        if name != was:
            reason = (
                f"The volume {volume} was {was or 'not there'} before and is"
                f" {name or 'without a device name'} now."
            )
            return failed(reason, expected, f"{name} ({volume})", *lines)
    return passed(expected, "the same at each look", *lines)
