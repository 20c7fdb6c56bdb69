# SPDX-License-Identifier: Apache-2.0
"""Judges of a resize: the flavor is the one that was asked for, the disk as large as it says.

May not know: the way of the move, where the server is.
"""

from __future__ import annotations

import json
from typing import Any

from migration_tests.judges.applies import RESIZED
from migration_tests.judges.course import Seen
from migration_tests.judges.finding import Finding, NotProduced, failed, passed
from migration_tests.judges.registry import server_judge
from migration_tests.judges.scenario_record import ScenarioRecord
from migration_tests.record import words
from migration_tests.record.events import (
    DiskRead,
    MoveRequested,
    ServerIntroduced,
    ServerSnapshot,
)

GIB = 1024**3
NEEDS = ("migration_completed", "decision_completed")


@server_judge(
    question="the resized server has the flavor that was asked for",
    group="resized",
    applies=RESIZED,
    needs=NEEDS,
    excused_by=("id_kept",),
    evidence=("server.snapshot:before", "server.snapshot", "move.requested"),
)
def flavor_as_asked(record: ScenarioRecord, server: ServerIntroduced) -> Finding:
    """Nova shows the asked flavor at each look since the server arrived, another one before.

    One whose resize is reverted is asked about until then. A failure means: the resize changed
    the server's place and not its flavor, or another flavor was taken.
    """
    before = record.look_before(ServerSnapshot, "snapshot before", server=server.server)
    looks = record.looks(ServerSnapshot, "snapshot after the move", server=server.server)
    move = record.arrived(server)
    if move.expected.flavor == words.KEPT:
        looks = [look for look in looks if record.waits(server, look.line)]
    if not looks:
        raise NotProduced("snapshot while the resize waits", ServerSnapshot, moment=words.MOVED)
    if move.request is None or not move.request.event.flavor:
        raise NotProduced("flavor that was asked for", MoveRequested)
    asked = move.request.event.flavor
    lines = [before.line, move.request.line, *(look.line for look in looks)]
    if _name(before) == asked:
        reason = f"The server had the flavor {asked} before it was asked for."
        return failed(reason, f"another flavor than {asked} before", asked, *lines)
    for look in looks:
        if _name(look) != asked:
            reason = f"The server has the flavor {_name(look) or 'none'}, {asked} was asked for."
            return failed(reason, asked, _name(look) or "none", *lines)
        if _value(look, "disk") is None:
            reason = f"The cloud does not say what the flavor {asked} is: {look.event.flavor}."
            return failed(reason, asked, look.event.flavor, *lines)
    return passed(asked, asked, *lines)


@server_judge(
    question="the root disk of the resized server is as large as it must be",
    group="resized",
    applies=RESIZED,
    needs=("ssh_answers",),
    excused_by=("flavor_as_asked", "flavor_kept"),
    evidence=("disk.read:before", "disk.read:running", "server.snapshot"),
)
def disk_size_as_promised(record: ScenarioRecord, server: ServerIntroduced) -> Finding:
    """The guest sees the size that the new flavor says, or the old one if it was reverted.

    A volume keeps its size whatever the flavor. A failure means: the disk did not grow with the
    flavor, or did not come back to what it was.
    """
    what = "reading of the disk"
    before = record.look_before(DiskRead, f"{what} before", server=server.server)
    after = record.last(
        DiskRead, f"{what} after the move", server=server.server, moment=words.RUNNING
    )
    shot = record.last_look(ServerSnapshot, "snapshot after the move", server=server.server)
    lines = [before.line, after.line, shot.line]
    if before.event.size is None or after.event.size is None:
        raise NotProduced("size of the root disk", DiskRead)
    wanted = before.event.size
    grows = record.arrived(server).expected.flavor == words.OTHER
    if grows and server.storage != words.VOLUME:
        gib = _value(shot, "disk")
        if not isinstance(gib, int) or not gib:
            reason = f"The flavor does not say how large the disk is: {shot.event.flavor}."
            return failed(reason, "a size", str(gib), *lines)
        wanted = gib * GIB
    expected, found = _text(wanted), _text(after.event.size)
    if after.event.size != wanted:
        reason = f"The root disk has {found} and must have {expected}; it had " + (
            f"{_text(before.event.size)} before."
        )
        return failed(reason, expected, found, *lines)
    return passed(expected, f"{found}, {_text(before.event.size)} before", *lines)


def _text(size: int) -> str:
    return f"{size / GIB:g} GiB"


def _value(look: Seen[ServerSnapshot], key: str) -> Any:
    """Return a value of the flavor that a server is shown with; None: it has none."""
    try:
        values = json.loads(look.event.flavor)
    except ValueError:
        return None
    return values.get(key) if isinstance(values, dict) else None


def _name(look: Seen[ServerSnapshot]) -> str:
    return str(_value(look, "original_name") or "")
