# SPDX-License-Identifier: Apache-2.0
"""A whole host is switched off, with servers in every state, on shared storage and on volumes."""

from migration_tests.record.words import (
    ERROR,
    MOVED,
    PAUSED,
    REFUSED,
    SHARED,
    STANDARD,
    STOPPED,
    SUSPENDED,
    VOLUME,
)
from migration_tests.runner.scenario import Scenario
from migration_tests.runner.topology import Subject, Topology
from migration_tests.scenarios.parts import (
    BOOT_WRITE_AND_WATCH,
    BRING_THE_HOST_BACK,
    LOOK_AT_THE_MOVED,
)
from migration_tests.steps.evacuate import Evacuate
from migration_tests.steps.inject import Inject
from migration_tests.steps.mark_down import MarkDown
from migration_tests.steps.snapshot import Snapshot
from migration_tests.steps.start_stopped import StartStopped

EVACUATE_WHOLE_HOST = Scenario(
    name="evacuate_whole_host",
    title="{source} loses its power by its BMC, all its servers are evacuated",
    topology=Topology(
        subjects=(
            Subject(SHARED, count=2),
            Subject(VOLUME, count=2),
            Subject(SHARED, state=STOPPED, locked=True),
            Subject(VOLUME, state=STOPPED),
            Subject(SHARED, state=ERROR),
            Subject(VOLUME, state=ERROR),
            Subject(SHARED, state=PAUSED),
            Subject(VOLUME, state=SUSPENDED),
        ),
        bystanders=1,
    ),
    steps=(
        *BOOT_WRITE_AND_WATCH,
        Inject(via="bmc"),
        MarkDown(),
        Evacuate(most=4),
        Snapshot(REFUSED),
        Snapshot(MOVED),
        StartStopped(),
        *LOOK_AT_THE_MOVED,
    ),
    recovery=BRING_THE_HOST_BACK,
    budget=330,
    profile=STANDARD,
)
