# SPDX-License-Identifier: Apache-2.0
"""Servers on each kind of storage are rescued, read from their rescue systems, and unrescued.

Servers on volumes take part from compute API 2.87 on, and only where the image that servers are
rescued with (``rescue_image``) has the properties ``hw_rescue_device`` and ``hw_rescue_bus``: Nova
refuses to rescue them otherwise.
"""

from migration_tests.record.words import EPHEMERAL, MOVED, SHARED, STANDARD, VOLUME
from migration_tests.runner.scenario import Scenario
from migration_tests.runner.topology import Subject, Topology
from migration_tests.scenarios.parts import (
    BOOT_WRITE_AND_WATCH,
    LOOK_AT_THE_END,
    LOOK_INTO_THE_MOVED,
)
from migration_tests.steps.read_rescued import ReadRescued
from migration_tests.steps.rescue import Rescue
from migration_tests.steps.snapshot import Snapshot
from migration_tests.steps.unrescue import Unrescue

RESCUE_UNRESCUE = Scenario(
    name="rescue_unrescue",
    title="servers of {source} are rescued, then unrescued",
    topology=Topology(
        subjects=(Subject(SHARED, config_drive=True), Subject(EPHEMERAL), Subject(VOLUME)),
        bystanders=1,
    ),
    steps=(
        *BOOT_WRITE_AND_WATCH,
        Rescue(),
        Snapshot(MOVED),
        ReadRescued(),
        Unrescue(),
        *LOOK_INTO_THE_MOVED,
    ),
    recovery=LOOK_AT_THE_END,
    budget=180,
    profile=STANDARD,
)
