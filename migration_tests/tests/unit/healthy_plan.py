# SPDX-License-Identifier: Apache-2.0
"""What was planned of the hand-built healthy evacuation: its steps, servers and promises."""

from __future__ import annotations

from migration_tests.record import words
from migration_tests.record.events import PlannedServer, ScenarioPlanned
from migration_tests.tests.unit import record_parts as parts
from migration_tests.tests.unit.record_parts import (
    BYS,
    ELSEWHERE,
    EPH,
    HOSTS,
    SHR,
    SOURCE,
    STORAGE,
    STP,
    VOL,
)

SUBJECTS = (VOL, SHR, EPH, STP)
_SNAPSHOTS = ("server.snapshot", "volume.snapshot", "allocation.snapshot")


def _at(moment: str) -> tuple[str, ...]:
    return tuple(f"{kind}:{moment}" for kind in _SNAPSHOTS)


PLAN = {
    0.0: parts.phase("boot", "booting the servers", "server.ssh:before", "guest.metadata:before"),
    22.0: parts.phase(
        "watch_domains", "beginning to watch the domains of the hosts", "domains.seen"
    ),
    22.5: parts.phase(
        "start_writers",
        "getting the servers to write",
        *("disk.read:before", "writer.started", "writer.acknowledged", "probe.report"),
        *_at(words.BEFORE),
        *parts.FILLED_IN,
        *("host.booted:before", "host.inspected:before"),
    ),
    99.0: parts.phase(
        "inject",
        "cutting the host off",
        *("disturbance.started", "writer.ended", "writer.ended:last"),
    ),
    103.0: parts.phase("mark_down", "waiting to see the host down", "service.request"),
    109.5: parts.phase(
        "evacuate",
        "evacuating the servers",
        *("move.requested", "server.action"),
        *_at(words.MOVED),
    ),
    119.5: parts.phase("start_stopped", "starting the evacuated servers", "server.request"),
    129.0: parts.phase(
        "reconnect",
        "logging in to the evacuated servers",
        "guest.metadata:running",
        *("server.ssh:running", "disk.read:running", "data.read:running", "writer.resumed"),
        *_at(words.RUNNING),
    ),
    139.0: parts.phase(
        "power_on",
        "bringing the host back",
        *("host.booted:returned", "service.reported", "disturbance.ended"),
        recovery=True,
    ),
    151.0: parts.phase("await_clean_up", "waiting for the host to clean up", recovery=True),
    162.0: parts.phase("give_back", "giving the host back", recovery=True),
    168.0: parts.phase(
        "inspect_hosts",
        "looking at what is left behind",
        *("data.read:returned", "host.inspected:returned", "host.inspected:disks"),
        *_at(words.RETURNED),
        recovery=True,
    ),
    174.0: parts.phase(
        "hard_reboot",
        "rebooting the servers the hard way",
        "guest.metadata:rebooted",
        *("server.request", "server.ssh:rebooted", "data.read:rebooted"),
        recovery=True,
    ),
}
PHASES = {one.name: t for t, one in PLAN.items()}  # when each began

EXPECTED = {
    server: parts.expectation(
        words.EVACUATION,
        server,
        end=words.STOPPED,
        data=words.PRISTINE if server == EPH else words.KEPT,
        memory=words.NONE if server == STP else words.LOST,
    )
    for server in SUBJECTS
}


def state(server: str) -> str:
    """The status of a server before its host is disturbed."""
    return words.STOPPED if server == STP else words.ACTIVE


def plan() -> ScenarioPlanned:
    subjects = [
        PlannedServer(
            name=server,
            storage=STORAGE[server],
            role=words.SUBJECT,
            host=SOURCE,
            state=state(server),
            expected=(EXPECTED[server],),
        )
        for server in SUBJECTS
    ]
    bystander = PlannedServer(name=BYS, storage=words.SHARED, role=words.BYSTANDER, host=ELSEWHERE)
    return ScenarioPlanned(
        title="compute1 is switched off, its servers are evacuated",
        phases=tuple(PLAN.values()),
        servers=(*subjects, bystander),
        sources=(SOURCE,),
        watched=("server.seen", "port.seen", "service.seen", "migration.seen"),
        hosts_looked_at=HOSTS,
        hosts_not_looked_at=("compute9",),
        limits={"bystander_max_gap": 1.0},
        compute_version="2.95",
    )
