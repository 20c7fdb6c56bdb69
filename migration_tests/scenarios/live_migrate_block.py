# SPDX-License-Identifier: Apache-2.0
"""Servers on local disks are live-migrated with their disks."""

from migration_tests.record.words import EPHEMERAL, MOVED, STANDARD
from migration_tests.runner.scenario import Scenario
from migration_tests.runner.topology import Subject, Topology
from migration_tests.scenarios.parts import (
    BOOT_WRITE_AND_WATCH,
    LOOK_AT_THE_END,
    LOOK_INTO_THE_MOVED,
)
from migration_tests.steps.live_migrate import LiveMigrate
from migration_tests.steps.snapshot import Snapshot
from migration_tests.steps.stop_writers import StopWriters

LIVE_MIGRATE_BLOCK = Scenario(
    name="live_migrate_block",
    title="servers of {source} are live-migrated with their local disks",
    topology=Topology(
        subjects=(Subject(EPHEMERAL), Subject(EPHEMERAL, config_drive=True)), bystanders=1
    ),
    steps=(
        *BOOT_WRITE_AND_WATCH,
        LiveMigrate(block=True),
        Snapshot(MOVED),
        StopWriters(),
        *LOOK_INTO_THE_MOVED,
    ),
    recovery=LOOK_AT_THE_END,
    budget=120,
    profile=STANDARD,
)
