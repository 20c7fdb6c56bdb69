# SPDX-License-Identifier: Apache-2.0
"""Ways to break a promise of a resize: how the record shows it, who must fail."""

from __future__ import annotations

import dataclasses

from migration_tests.record import words
from migration_tests.record.events import (
    AllocationSnapshot,
    DiskRead,
    HostInspected,
    MigrationSeen,
    MoveRequested,
    RequestMade,
    ServerAction,
    ServerSeen,
    ServerSnapshot,
    VolumeSnapshot,
)
from migration_tests.tests.unit import healthy_resize as healthy
from migration_tests.tests.unit import record_parts as parts
from migration_tests.tests.unit.record_parts import (
    OFF,
    SHR,
    SOURCE,
    STP,
    VOL,
    changed,
    with_events,
    without,
)
from migration_tests.tests.unit.spoils import Breakages

DECIDED = (words.DECIDED, words.RUNNING)


def _events_that_failed(server: str, name: str) -> parts.Spoil:
    def fail(event: ServerAction) -> ServerAction:
        failed = tuple(dataclasses.replace(one, result="Error") for one in event.events)
        return dataclasses.replace(event, events=failed)

    return parts.mapped(ServerAction, fail, server=server, action=name)


RESIZE_BREAKAGES: Breakages = {
    "the resize is refused": (
        (
            changed(
                MoveRequested,
                {"accepted": False, "http_status": 403, "error": "Quota exceeded"},
                server=SHR,
            ),
            without(MigrationSeen, server=SHR),
        ),
        "migration_completed",
        SHR,
    ),
    "the resize is reverted in mid-air": (
        (changed(MigrationSeen, {"status": "reverted"}, server=SHR, status="confirmed"),),
        "migration_completed",
        SHR,
    ),
    "confirming is refused": (
        (
            changed(
                RequestMade,
                {"accepted": False, "http_status": 409, "error": "in another state"},
                server=SHR,
                request="confirm",
            ),
        ),
        "decision_completed",
        SHR,
    ),
    "the source keeps no room while the move waits": (
        (changed(AllocationSnapshot, {"by_move": {}}, server=VOL, moment=words.MOVED),),
        "decision_completed",
        VOL,
    ),
    "the move holds room once it was confirmed": (
        (
            changed(
                AllocationSnapshot,
                {"by_move": {"m": {SOURCE: parts.held(SHR)}}},
                server=SHR,
                moment=words.RUNNING,
            ),
        ),
        "source_without_allocation",
        SHR,
    ),
    "confirming never ends": (
        (
            without(MigrationSeen, server=SHR, status="confirmed"),
            changed(ServerSnapshot, {"status": words.VERIFY}, server=SHR, moment=DECIDED),
        ),
        "decision_completed",
        SHR,
    ),
    "a stopped server is started by confirming": (
        (changed(ServerSnapshot, {"status": words.ACTIVE}, server=STP, moment=words.DECIDED),),
        "decision_completed",
        STP,
    ),
    "an event of confirming failed": (
        (_events_that_failed(VOL, "confirmResize"),),
        "decision_completed",
        VOL,
    ),
    "the source never confirmed, by Nova's own account": (
        (
            parts.mapped(
                ServerAction,
                lambda event: dataclasses.replace(event, events=()),
                server=VOL,
                action="confirmResize",
            ),
        ),
        "decision_completed",
        VOL,
    ),
    "the server does not wait": (
        (changed(ServerSnapshot, {"status": "ACTIVE"}, server=SHR, moment=words.MOVED),),
        "status_as_promised",
        SHR,
    ),
    "the flavor is the old one": (
        (
            changed(
                ServerSnapshot,
                {"flavor": parts.flavor(VOL)},
                server=VOL,
                moment=(words.MOVED, *DECIDED),
            ),
            parts.mapped(
                AllocationSnapshot,
                lambda event: dataclasses.replace(
                    event, by_host=dict.fromkeys(event.by_host, parts.held(VOL))
                ),
                server=VOL,
            ),
        ),
        "flavor_as_asked",
        VOL,
    ),
    "the flavor is nameless": (
        (changed(ServerSnapshot, {"flavor": "null"}, server=VOL, moment=words.RUNNING),),
        "flavor_as_asked",
        VOL,
    ),
    "the disk did not grow": (
        (changed(DiskRead, {"size": healthy.GIB}, server=SHR, moment=words.RUNNING),),
        "disk_size_as_promised",
        SHR,
    ),
    "a volume grew": (
        (changed(DiskRead, {"size": 2 * healthy.GIB}, server=VOL, moment=words.RUNNING),),
        "disk_size_as_promised",
        VOL,
    ),
    "the stopped server cannot be started": (
        (
            changed(
                RequestMade,
                {"accepted": False, "http_status": 409, "error": "no"},
                server=STP,
                request="start",
            ),
            changed(ServerSnapshot, {"status": words.STOPPED}, server=STP, moment=words.RUNNING),
            without(ServerSeen, server=STP, status="ACTIVE", host=parts.DESTINATION),
        ),
        "server_started",
        STP,
    ),
    "the source keeps the domain once it was confirmed": (
        (
            parts.mapped(
                HostInspected,
                lambda event: dataclasses.replace(event, domains=parts.domains({SHR: OFF})),
                host=SOURCE,
                moment=words.RUNNING,
            ),
        ),
        "source_without_domain",
        SHR,
    ),
    "the source holds room once it was confirmed": (
        (
            with_events(
                (
                    85.5,
                    dataclasses.replace(
                        healthy.allocation(SHR, words.RUNNING),
                        by_host={
                            parts.DESTINATION: healthy.held(SHR),
                            SOURCE: parts.held(SHR),
                        },
                    ),
                )
            ),
        ),
        "source_without_allocation",
        SHR,
    ),
    "the volume stays attached to the source while it waits": (
        (
            changed(
                VolumeSnapshot,
                {"attachments": parts.volume(VOL, words.MOVED, SOURCE).attachments},
                server=VOL,
                moment=words.MOVED,
            ),
        ),
        "volume_attached_once",
        VOL,
    ),
}
