# SPDX-License-Identifier: Apache-2.0
"""A host with local disks loses its power; its servers are evacuated to a named host."""

from migration_tests.record.words import EPHEMERAL, MOVED, NAMED, STANDARD, VOLUME
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

EVACUATE_EPHEMERAL_TO_NAMED_HOST = Scenario(
    name="evacuate_ephemeral_to_named_host",
    title="{source} loses its power by its BMC, its servers are evacuated to a host by name",
    topology=Topology(subjects=(Subject(EPHEMERAL), Subject(VOLUME)), bystanders=1),
    steps=(
        *BOOT_WRITE_AND_WATCH,
        Inject(via="bmc"),
        MarkDown(),
        Evacuate(target=NAMED),
        Snapshot(MOVED),
        StartStopped(),
        *LOOK_AT_THE_MOVED,
    ),
    recovery=BRING_THE_HOST_BACK,
    budget=200,
    profile=STANDARD,
)
