# SPDX-License-Identifier: Apache-2.0
"""What is peculiar to each kind of move: its names, its task states, its instance action.

May not know: any judge.
"""

from __future__ import annotations

from dataclasses import dataclass

from migration_tests.record import words


@dataclass(frozen=True)
class Kind:
    """One kind of move.

    :ivar noun: for people, "evacuation"
    :ivar verb: for people, "evacuate"
    :ivar participle: for people, "evacuated"
    :ivar step: the kind of step that asks for it and waits for it
    :ivar action: name of its instance action in Nova
    :ivar event: the event of that action that does the work, on a compute host
    :ivar statuses: that the server may show while a task state does
    :ivar task_states: in Nova's order; one may be missed between two looks, none comes back
    """

    noun: str
    verb: str
    participle: str
    step: str
    action: str
    event: str
    statuses: tuple[str, ...]
    task_states: tuple[str, ...]


@dataclass(frozen=True)
class Decision:
    """What is decided about a move that waits for it.

    :ivar participle: for people, "confirmed"
    :ivar action: name of its instance action in Nova
    :ivar event: the event of that action that does the work, on a compute host
    """

    participle: str
    action: str
    event: str


DECISIONS = {
    words.CONFIRM: Decision("confirmed", "confirmResize", "compute_confirm_resize"),
    words.REVERT: Decision("reverted", "revertResize", "compute_finish_revert_resize"),
}

UNRESCUE = Decision("unrescued", "unrescue", "compute_unrescue_instance")

KINDS = {
    # Nova's compute manager, rebuild_instance: REBUILDING is set by the API, the next two by the
    # target host; POWERING_OFF follows where the server stays stopped (API 2.95); POWERING_ON is
    # ours, by the start request.
    words.EVACUATION: Kind(
        "evacuation",
        "evacuate",
        "evacuated",
        "evacuate",
        "evacuate",
        "compute_rebuild_instance",
        ("ACTIVE", "SHUTOFF", "ERROR", "REBUILD"),
        (
            "rebuilding",
            "rebuild_block_device_mapping",
            "rebuild_spawning",
            "powering-off",
            "powering-on",
        ),
    ),
    words.LIVE_MIGRATION: Kind(
        "live migration",
        "live-migrate",
        "live-migrated",
        "live_migrate",
        "live-migration",
        "compute_live_migration",
        ("ACTIVE", "PAUSED", "MIGRATING"),
        ("migrating",),
    ),
    words.COLD_MIGRATION: Kind(
        "cold migration",
        "migrate",
        "migrated",
        "cold_migrate",
        "migrate",
        "compute_resize_instance",
        ("ACTIVE", "SHUTOFF", "RESIZE", "VERIFY_RESIZE"),
        ("resize_prep", "resize_migrating", "resize_migrated", "resize_finish"),
    ),
    words.RESIZE: Kind(
        "resize",
        "resize",
        "resized",
        "resize",
        "resize",
        "compute_resize_instance",
        ("ACTIVE", "SHUTOFF", "RESIZE", "VERIFY_RESIZE"),
        ("resize_prep", "resize_migrating", "resize_migrated", "resize_finish"),
    ),
    words.RESCUE: Kind(
        "rescue",
        "rescue",
        "rescued",
        "rescue",
        "rescue",
        "compute_rescue_instance",
        ("ACTIVE", "RESCUE"),
        ("rescuing",),
    ),
}
