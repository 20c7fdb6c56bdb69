# SPDX-License-Identifier: Apache-2.0
"""Ways to break a promise of a move that must come to nothing, and who must fail."""

from __future__ import annotations

from migration_tests.record import words
from migration_tests.record.events import (
    AllocationSnapshot,
    MigrationSeen,
    MoveRequested,
    ServerSnapshot,
    VolumeSnapshot,
)
from migration_tests.tests.unit import record_parts as parts
from migration_tests.tests.unit.record_parts import (
    DESTINATION,
    SHR,
    SOURCE,
    VOL,
    changed,
    without,
)
from migration_tests.tests.unit.spoils import Breakages, port_of

REFUSED = (words.REFUSED,)
BOTH = {SOURCE: parts.held(SHR), DESTINATION: parts.held(SHR)}

REFUSAL_BREAKAGES: Breakages = {
    "what must be refused is accepted": (
        (
            changed(
                MoveRequested,
                {"accepted": True, "http_status": 202, "error": ""},
                server=SHR,
                move=words.EVACUATION,
            ),
        ),
        "refused_as_promised",
        SHR,
    ),
    "it is refused with a status of the server's own trouble": (
        (changed(MoveRequested, {"http_status": 500}, server=SHR, move=words.EVACUATION),),
        "refused_as_promised",
        SHR,
    ),
    "it is refused without a reason": (
        (changed(MoveRequested, {"error": ""}, server=SHR, move=words.EVACUATION),),
        "refused_as_promised",
        SHR,
    ),
    "what cannot be made is said to be made": (
        (
            changed(
                MigrationSeen,
                {"status": "completed", "destination": SOURCE},
                server=SHR,
                status="error",
            ),
        ),
        "refused_as_promised",
        SHR,
    ),
    "what cannot be made never ends": (
        (without(MigrationSeen, server=SHR, status="error"),),
        "refused_as_promised",
        SHR,
    ),
    "an attempt leaves an allocation": (
        (changed(AllocationSnapshot, {"by_host": BOTH}, server=SHR, moment=words.REFUSED),),
        "nothing_changed",
        SHR,
    ),
    "an attempt moves a port's binding": (
        (port_of(SHR, REFUSED, host=DESTINATION),),
        "nothing_changed",
        SHR,
    ),
    "an attempt leaves the server in error": (
        (changed(ServerSnapshot, {"status": "ERROR"}, server=SHR, moment=words.REFUSED),),
        "nothing_changed",
        SHR,
    ),
    "an attempt makes another attachment": (
        (
            changed(
                VolumeSnapshot,
                {"attachments": parts.volume(VOL, words.REFUSED, DESTINATION).attachments},
                server=VOL,
                moment=words.REFUSED,
            ),
        ),
        "nothing_changed",
        VOL,
    ),
    "an attempt detaches the volume": (
        (without(VolumeSnapshot, server=VOL, moment=words.REFUSED),),
        "nothing_changed",
        VOL,
    ),
}
