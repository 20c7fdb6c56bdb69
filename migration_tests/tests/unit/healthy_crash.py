# SPDX-License-Identifier: Apache-2.0
"""A hand-built record of the evacuation of a host that crashed and booted again by itself.

The healthy evacuation, but for how compute1 dies: it is up again two seconds later, its guests
gone and its nova-compute held back, and is watched until that is released.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable

from migration_tests.record.event import Event
from migration_tests.record.events import (
    DisturbanceEnded,
    DisturbanceStarted,
    DomainsSeen,
    PhaseStarted,
    Reading,
    ScenarioPlanned,
    ServiceHeld,
)
from migration_tests.record.history import Line
from migration_tests.tests.unit import healthy_record as power_cut
from migration_tests.tests.unit import record_parts as parts
from migration_tests.tests.unit.record_parts import SOURCE, Timed, watched

SCENARIO = "crash"
SUBJECTS = power_cut.SUBJECTS
PROVED = 102.0  # when its death was proved
ENDED = 117.0  # when the last evacuation had ended
RELEASED = 139.0  # when its recovery began

CRASH = parts.phase(
    "crash",
    "crashing the host",
    *("disturbance.started", "service.held", "writer.ended", "writer.ended:last"),
)
CHECK = parts.phase("check_hold", "seeing that nova-compute stays down")
READINGS = (
    Reading(witness="boot_id", says="dead", detail="boot ID 1 gave way to 2", t_mono=101.5),
    Reading(witness="init_start", says="dead", t_mono=101.6),
    Reading(witness="guests", says="absent", detail="no process of QEMU runs", t_mono=101.7),
)


def held(first: float, last: float, **found: object) -> Timed:
    """Looks at the crashed host, two seconds apart, that all showed the same."""
    values = {"held": True, "running": False, "guests": 0, "error": "", **found}
    looks = max(1, round((last - first) / 2) + 1)
    return last + 0.2, ServiceHeld(
        host=SOURCE,
        service="compute",
        looks=looks,
        t_first_began=first,
        t_first_ended=first + 0.1,
        t_last_began=last,
        t_last_ended=last + 0.1,
        longest_pause=0.0 if looks == 1 else 2.0,
        **values,
    )


def plan() -> ScenarioPlanned:
    found = power_cut.plan()
    phases = []
    for phase in found.phases:
        phases.append(CRASH if phase.step == "inject" else phase)
        if phase.step == "mark_down":
            phases.append(CHECK)
    return dataclasses.replace(found, phases=tuple(phases), title="compute1 crashes")


def _instead(t: float, event: Event) -> Timed:
    """Return what a crash has in place of an event of a power cut."""
    if isinstance(event, ScenarioPlanned):
        return t, plan()
    if isinstance(event, PhaseStarted) and event.phase == "inject":
        return t, PhaseStarted(phase=CRASH.name, title=CRASH.doing)
    if isinstance(event, DisturbanceStarted):
        values = {"fault": "panic", "via": "ssh", "driver": "ssh", "readings": READINGS}
        return t, dataclasses.replace(event, **values)
    if isinstance(event, DisturbanceEnded):
        return t, dataclasses.replace(event, fault="panic")
    if isinstance(event, DomainsSeen) and event.host == SOURCE and event.domains is None:
        # Silent while it boots, and then up.
        return watched(SOURCE, 100.5, 100.5, None)
    return t, event


def healthy() -> list[Timed]:
    """Return every event of such a scenario in which all promises were kept, with its time."""
    events = [
        *(_instead(t, event) for t, event in power_cut.healthy()),
        watched(SOURCE, 102, 139, power_cut.ALL_OFF),
        (108.5, PhaseStarted(phase=CHECK.name, title=CHECK.doing)),
        held(PROVED + 0.5, RELEASED - 0.5),
    ]
    return sorted(events, key=lambda one: one[0])


def lines(events: Iterable[Timed], scenario: str | None = SCENARIO) -> list[Line]:
    return parts.lines(events, scenario)
