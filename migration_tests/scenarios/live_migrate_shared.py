# SPDX-License-Identifier: Apache-2.0
"""Servers on shared storage and on a volume are live-migrated while they write."""

from migration_tests.record.words import MOVED, SHARED, VOLUME
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

LIVE_MIGRATE_SHARED = Scenario(
    name="live_migrate_shared",
    title="servers on shared storage are live-migrated away from {source}",
    topology=Topology(subjects=(Subject(SHARED), Subject(VOLUME, locked=True)), bystanders=1),
    steps=(
        *BOOT_WRITE_AND_WATCH,
        LiveMigrate(),
        Snapshot(MOVED),
        StopWriters(),
        *LOOK_INTO_THE_MOVED,
    ),
    recovery=LOOK_AT_THE_END,
    budget=120,
)
