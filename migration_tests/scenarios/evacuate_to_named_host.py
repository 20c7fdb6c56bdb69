# SPDX-License-Identifier: Apache-2.0
"""A host with shared storage loses its power; its servers are evacuated to a named host."""

from migration_tests.record.words import MOVED, NAMED, SHARED, VOLUME
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

EVACUATE_TO_NAMED_HOST = Scenario(
    name="evacuate_to_named_host",
    title="{source} loses its power over SSH, its servers are evacuated to a host by name",
    topology=Topology(subjects=(Subject(SHARED), Subject(VOLUME)), bystanders=1),
    steps=(
        *BOOT_WRITE_AND_WATCH,
        Inject(via="ssh"),
        MarkDown(),
        Evacuate(target=NAMED),
        Snapshot(MOVED),
        StartStopped(),
        *LOOK_AT_THE_MOVED,
    ),
    recovery=BRING_THE_HOST_BACK,
    budget=200,
)
