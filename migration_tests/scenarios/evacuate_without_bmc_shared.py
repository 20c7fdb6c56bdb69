# SPDX-License-Identifier: Apache-2.0
"""A host with shared storage that needs no BMC crashes and boots again and is evacuated."""

from migration_tests.record.words import MOVED, SHARED, VOLUME
from migration_tests.runner.scenario import Scenario
from migration_tests.runner.topology import Subject, Topology
from migration_tests.scenarios.parts import (
    BOOT_WRITE_AND_WATCH,
    BRING_THE_HOST_BACK,
    LOOK_AT_THE_MOVED,
)
from migration_tests.steps.check_hold import CheckHold
from migration_tests.steps.crash import Crash
from migration_tests.steps.evacuate import Evacuate
from migration_tests.steps.mark_down import MarkDown
from migration_tests.steps.snapshot import Snapshot
from migration_tests.steps.start_stopped import StartStopped

EVACUATE_WITHOUT_BMC_SHARED = Scenario(
    name="evacuate_without_bmc_shared",
    title="{source} crashes and boots again, its servers on shared storage are evacuated",
    topology=Topology(subjects=(Subject(SHARED), Subject(VOLUME)), bystanders=1),
    steps=(
        *BOOT_WRITE_AND_WATCH,
        Crash(),
        MarkDown(),
        CheckHold(),
        Evacuate(),
        Snapshot(MOVED),
        StartStopped(),
        *LOOK_AT_THE_MOVED,
    ),
    recovery=BRING_THE_HOST_BACK,
    budget=220,
)
