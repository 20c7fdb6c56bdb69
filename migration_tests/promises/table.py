# SPDX-License-Identifier: Apache-2.0
"""The table of promises: move x storage x state x API version -> what must then be so.

The first row that fits counts, so that a newer API's row stands above an older one's. Printed as
it is by the documentation. May not know: who looks it up.
"""

from __future__ import annotations

from dataclasses import dataclass

from migration_tests.record.words import (
    ACTIVE,
    ANOTHER_HOST,
    ANOTHER_ZONE,
    COLD_MIGRATION,
    CONFIRM,
    EPHEMERAL,
    ERROR,
    EVACUATION,
    IMAGE,
    IN_RESCUE,
    KEPT,
    LIVE_MIGRATION,
    LOST,
    NONE,
    OTHER,
    PAUSED,
    PRISTINE,
    RESCUE,
    RESIZE,
    REVERT,
    SAME_HOST,
    SHARED,
    STOPPED,
    SUSPENDED,
    VERIFY,
    VOLUME,
)

ANY = "any"


@dataclass(frozen=True)
class Row:
    """One promise.

    :ivar move: kind of move, in the word of Nova's migration records
    :ivar storage: of the server's root disk, or ANY
    :ivar state: of the server when the move is asked for
    :ivar since: compute API version from which the row holds
    :ivar end: status by the API once the move has ended
    :ivar data: what becomes of what was written
    :ivar memory: what becomes of the running system
    :ivar place: where the server is then, once it was decided about
    :ivar decision: what is decided about a move that waits for it; "" where none waits
    :ivar flavor: KEPT, or OTHER: the one that was asked for
    :ivar gap_limit: name of the option that limits the time without an answer; "" for none
    :ivar refused: HTTP status with which the move is refused; "" if it is made
    :ivar source: where it is promised
    """

    move: str
    storage: str
    state: str
    since: str
    end: str
    data: str
    memory: str
    place: str
    decision: str = ""
    flavor: str = KEPT
    gap_limit: str = ""
    refused: str = ""
    source: str = ""


_API_295 = "compute API 2.95: an evacuated server stays stopped"
_EVACUATE = "nova/compute/api.py, evacuate: only of ACTIVE, STOPPED or ERROR"
_REBUILD = "nova/compute/manager.py, rebuild_instance"
_LIVE = "Nova's admin guide, live migration"
_COLD = "Nova's admin guide, migration"
_RESIZE = "Nova's user guide, resize"
_RESCUE = "Nova's user guide, rescue"
_IMAGE = "Nova's admin guide, use snapshots to migrate instances"
_API_287 = "compute API 2.87: servers on volumes can be rescued"
_GAP = "live_gap_limit"


def _waiting(move: str, decision: str, source: str) -> tuple[Row, ...]:
    """Return the rows of a cold move: the server is shut down, moved, and waits for a decision.

    What was written before it is kept: a cold move stops the writing first. What would be written
    between the move and its reverting is not (image-backed disks go back to what they were).
    """
    place = ANOTHER_HOST if decision == CONFIRM else SAME_HOST
    flavor = OTHER if move == RESIZE and decision == CONFIRM else KEPT
    return tuple(
        Row(
            *(move, ANY, state, "2.1", VERIFY, KEPT, memory, place, decision, flavor),
            source=source,
        )
        for state, memory in ((ACTIVE, LOST), (STOPPED, NONE))
    )


ROWS: tuple[Row, ...] = (
    # move             storage    state    since   end      data      memory place
    Row(EVACUATION,     EPHEMERAL, ACTIVE,  "2.95", STOPPED, PRISTINE, LOST, ANOTHER_HOST, source=_API_295),
    Row(EVACUATION,     EPHEMERAL, ACTIVE,  "2.1",  ACTIVE,  PRISTINE, LOST, ANOTHER_HOST, source=_REBUILD),
    Row(EVACUATION,     EPHEMERAL, STOPPED, "2.1",  STOPPED, PRISTINE, NONE, ANOTHER_HOST, source=_REBUILD),
    # One in error is started whatever the version: its state before is not what it is left in.
    Row(EVACUATION,     EPHEMERAL, ERROR,   "2.1",  ACTIVE,  PRISTINE, LOST, ANOTHER_HOST, source=_REBUILD),
    Row(EVACUATION,     ANY,       ERROR,   "2.1",  ACTIVE,  KEPT,     LOST, ANOTHER_HOST, source=_REBUILD),
    Row(EVACUATION,     ANY,       ACTIVE,  "2.95", STOPPED, KEPT,     LOST, ANOTHER_HOST, source=_API_295),
    Row(EVACUATION,     ANY,       ACTIVE,  "2.1",  ACTIVE,  KEPT,     LOST, ANOTHER_HOST, source=_REBUILD),
    Row(EVACUATION,     ANY,       STOPPED, "2.1",  STOPPED, KEPT,     NONE, ANOTHER_HOST, source=_REBUILD),
    # It stays where it is, dies with its host, and is found there again when the host is back.
    Row(EVACUATION,     ANY,       PAUSED,    "2.1", PAUSED,    KEPT,  LOST, SAME_HOST, refused="409", source=_EVACUATE),
    Row(EVACUATION,     ANY,       SUSPENDED, "2.1", SUSPENDED, KEPT,  LOST, SAME_HOST, refused="409", source=_EVACUATE),
    Row(LIVE_MIGRATION, ANY,       ACTIVE,  "2.1",  ACTIVE,  KEPT,     KEPT, ANOTHER_HOST, gap_limit=_GAP, source=_LIVE),
    Row(RESCUE,         VOLUME,    ACTIVE,  "2.87", IN_RESCUE, KEPT,   LOST, SAME_HOST, source=_API_287),
    Row(RESCUE,         SHARED,    ACTIVE,  "2.1",  IN_RESCUE, KEPT,   LOST, SAME_HOST, source=_RESCUE),
    Row(RESCUE,         EPHEMERAL, ACTIVE,  "2.1",  IN_RESCUE, KEPT,   LOST, SAME_HOST, source=_RESCUE),
    # Of the new server; the one that the image is made of goes on.
    Row(IMAGE,          ANY,       ACTIVE,  "2.1",  ACTIVE,  KEPT,     LOST, ANOTHER_ZONE, source=_IMAGE),
    *_waiting(COLD_MIGRATION, CONFIRM, _COLD),
    *_waiting(COLD_MIGRATION, REVERT, _COLD),
    *_waiting(RESIZE, CONFIRM, _RESIZE),
    *_waiting(RESIZE, REVERT, _RESIZE),
)  # fmt: skip
