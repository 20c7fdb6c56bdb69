# SPDX-License-Identifier: Apache-2.0
"""Whether all that the cloud shows of a server is as it was before. May not know: any judge."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterator

from migration_tests.judges.course import Seen
from migration_tests.judges.finding import Finding, NotProduced, failed, passed
from migration_tests.judges.scenario_record import ScenarioRecord
from migration_tests.record import words
from migration_tests.record.event import Event
from migration_tests.record.events import (
    AllocationSnapshot,
    ServerIntroduced,
    ServerSnapshot,
    VolumeSnapshot,
)

_AS_BEFORE = "all as it was before"


def evidence(moment: str) -> tuple[str, ...]:
    """Return what must be planned to be recorded for a comparison with a moment."""
    kinds = (ServerSnapshot.kind, AllocationSnapshot.kind)
    return tuple(f"{kind}:{when}" for kind in kinds for when in (words.BEFORE, moment))


def since_before(
    record: ScenarioRecord,
    server: ServerIntroduced,
    moment: str,
    *,
    by: str,
    looks: int,
    statuses: Collection[str],
    host_down: bool,
) -> Finding:
    """Compare server, ports, addresses, volumes, attachments and allocations with before.

    :param by: what may have changed them: the beginning of a sentence
    :param looks: how many there must be at that moment
    :param statuses: of which the server may have any
    :param host_down: its host is, or was, without power: the status of its ports is not theirs
    :raises NotProduced: when there are fewer looks
    """
    lines: list[int] = []
    for kind, what in ((ServerSnapshot, "snapshot"), (AllocationSnapshot, "look at allocations")):
        before = record.look_before(kind, f"{what} before", server=server.server)
        after = record.all(kind, server=server.server, moment=moment)
        if len(after) < looks:
            raise NotProduced(f"{what} afterwards", kind, moment=moment)
        lines += [before.line, *(one.line for one in after)]
        for look in after:
            for name, old, new in _changes(before, look, statuses, host_down):
                reason = f"{by} changed the server's {name}: {old} to {new}."
                return failed(reason, _AS_BEFORE, reason, before.line, look.line)
    seen = record.all(VolumeSnapshot, server=server.server, moment=(words.BEFORE, moment))
    volumes = [look.line for look in seen]
    for text, line in _changed_volumes(record, server, moment, looks):
        reason = f"{by} {text}."
        return failed(reason, _AS_BEFORE, reason, *volumes, line)
    return passed(_AS_BEFORE, "so it is", *lines, *volumes)


def _changes(
    before: Seen[Event], after: Seen[Event], statuses: Collection[str], host_down: bool
) -> Iterator[tuple[str, object, object]]:
    """Yield what a look shows otherwise than the one before: its name, and both values."""
    was, now = before.event, after.event
    for field in dataclasses.fields(was):
        old, new = getattr(was, field.name), getattr(now, field.name)
        if field.name == "moment" or old == new:
            continue
        if field.name == "status" and new in statuses:
            continue
        if field.name == "ports" and host_down and _but_status(old) == _but_status(new):
            continue
        yield field.name.replace("_", " ").replace("by host", "allocation"), old, new


def _but_status(ports: tuple[object, ...]) -> list[object]:
    return [dataclasses.replace(port, status="") for port in ports]  # type: ignore[type-var]


def _changed_volumes(
    record: ScenarioRecord, server: ServerIntroduced, moment: str, looks: int
) -> Iterator[tuple[str, int]]:
    """Yield what became of a volume, as the end of a sentence, and the line of the look."""
    before = {
        look.event.volume: look
        for look in record.all(VolumeSnapshot, server=server.server, moment=words.BEFORE)
    }
    after = record.all(VolumeSnapshot, server=server.server, moment=moment)
    for volume, look in before.items():
        found = [one for one in after if one.event.volume == volume]
        if len(found) < looks:
            if record.cut_off or record.lost((VolumeSnapshot.kind,), server.server):
                raise NotProduced("look at the volume", VolumeSnapshot, moment=moment)
            yield f"took the volume {volume} away: it was not seen attached", look.line
        for one in found:
            if dataclasses.replace(one.event, moment=words.BEFORE) != look.event:
                yield (
                    f"changed the volume {volume} or its attachments: {look.event.attachments} to"
                    f" {one.event.attachments}",
                    one.line,
                )
    for one in after:
        if one.event.volume not in before:
            yield f"gave the server another volume, {one.event.volume}", one.line
