# SPDX-License-Identifier: Apache-2.0
"""A host with local disks is switched off over SSH; its servers are evacuated."""

from migration_tests.record.words import EPHEMERAL, MOVED, VOLUME
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

EVACUATE_EPHEMERAL = Scenario(
    name="evacuate_ephemeral",
    title="{source} loses its power over SSH, its servers on local disks are evacuated",
    topology=Topology(
        subjects=(Subject(EPHEMERAL, config_drive=True), Subject(VOLUME, locked=True)),
        bystanders=1,
    ),
    steps=(
        *BOOT_WRITE_AND_WATCH,
        Inject(via="ssh"),
        MarkDown(),
        Evacuate(),
        Snapshot(MOVED),
        StartStopped(),
        *LOOK_AT_THE_MOVED,
    ),
    recovery=BRING_THE_HOST_BACK,
    budget=200,
)
