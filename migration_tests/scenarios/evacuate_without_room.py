# SPDX-License-Identifier: Apache-2.0
"""A host is switched off while no other can take its servers; then one can."""

from migration_tests.record.words import MOVED, SHARED, STANDARD, VOLUME
from migration_tests.runner.scenario import Scenario
from migration_tests.runner.topology import Subject, Topology
from migration_tests.scenarios.parts import (
    BOOT_WRITE_AND_WATCH,
    BRING_THE_HOST_BACK,
    LOOK_AT_THE_MOVED,
)
from migration_tests.steps.close_hosts import CloseHosts
from migration_tests.steps.evacuate import Evacuate
from migration_tests.steps.inject import Inject
from migration_tests.steps.mark_down import MarkDown
from migration_tests.steps.open_hosts import OpenHosts
from migration_tests.steps.snapshot import Snapshot
from migration_tests.steps.start_stopped import StartStopped
from migration_tests.steps.try_evacuation import TryEvacuation

EVACUATE_WITHOUT_ROOM = Scenario(
    name="evacuate_without_room",
    title="{source} loses its power while no host takes its servers; later one does",
    topology=Topology(subjects=(Subject(SHARED), Subject(VOLUME)), bystanders=1),
    steps=(
        *BOOT_WRITE_AND_WATCH,
        Inject(via="bmc"),
        MarkDown(),
        CloseHosts(),
        TryEvacuation(),
        OpenHosts(),
        Evacuate(),
        Snapshot(MOVED),
        StartStopped(),
        *LOOK_AT_THE_MOVED,
    ),
    recovery=(OpenHosts(), *BRING_THE_HOST_BACK),
    budget=240,
    profile=STANDARD,
)
