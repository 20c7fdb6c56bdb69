# SPDX-License-Identifier: Apache-2.0
"""Ways in which a host that boots again does not leave alone what is evacuated from it."""

from __future__ import annotations

from migration_tests.record.events import DisturbanceStarted, Reading, ServiceHeld
from migration_tests.tests.unit import healthy_crash as healthy
from migration_tests.tests.unit.healthy_crash import ENDED, PROVED, RELEASED, held
from migration_tests.tests.unit.record_parts import Spoil, changed, with_events, without
from migration_tests.tests.unit.spoils import Breakages, cut_short, not_moved, stopped


def seen(*looks: tuple[float, float, dict[str, object]]) -> tuple[Spoil, ...]:
    """Let the looks at the crashed host be these."""
    return without(ServiceHeld), with_events(*(held(a, b, **found) for a, b, found in looks))


GONE = {"held": False, "running": True}

CRASH_BREAKAGES: Breakages = {
    "guests still run after the boot": (
        (
            changed(
                DisturbanceStarted,
                {
                    "verdict": "unknown",
                    "readings": (
                        *healthy.READINGS[:2],
                        Reading(witness="guests", says="present", detail="2", t_mono=101.7),
                    ),
                },
            ),
            without(ServiceHeld),
            cut_short(102, "crash", "the death of compute1 is not proved"),
        ),
        "host_died",
        None,
    ),
    "nova-compute is back before anything is evacuated": (
        (
            *seen((PROVED + 0.5, 104, {}), (106, RELEASED, GONE)),
            not_moved(*healthy.SUBJECTS),
            stopped(108.6, "check_hold", "it does not stay down"),
        ),
        "host_stayed_down",
        None,
    ),
    "nova-compute is back while it is evacuated": (
        seen((PROVED + 0.5, 112, {}), (114, RELEASED, GONE)),
        "host_stayed_down",
        None,
    ),
    "what held nova-compute back is gone, and nothing has started it yet": (
        seen((PROVED + 0.5, 112, {}), (114, RELEASED, {"held": False})),
        "host_stayed_down",
        None,
    ),
    "a guest is started at the boot": (
        seen((PROVED + 0.5, 104, {}), (106, ENDED, {"guests": 1}), (119, RELEASED, {})),
        "host_stayed_down",
        None,
    ),
}
