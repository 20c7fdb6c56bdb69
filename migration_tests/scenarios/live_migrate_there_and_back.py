# SPDX-License-Identifier: Apache-2.0
"""Servers on each kind of storage are live-migrated to a named host, and back."""

from migration_tests.record.words import BACK, EPHEMERAL, MOVED, NAMED, SHARED, STANDARD, VOLUME
from migration_tests.runner.scenario import Scenario
from migration_tests.runner.topology import Subject, Topology
from migration_tests.scenarios.parts import (
    BOOT_WRITE_AND_WATCH,
    LOOK_AT_THE_END,
    LOOK_INTO_THE_MOVED,
)
from migration_tests.steps.inspect_hosts import InspectHosts
from migration_tests.steps.live_migrate import LiveMigrate
from migration_tests.steps.snapshot import Snapshot
from migration_tests.steps.stop_writers import StopWriters

LIVE_MIGRATE_THERE_AND_BACK = Scenario(
    name="live_migrate_there_and_back",
    title="servers of {source} are live-migrated to a host by name, and back",
    topology=Topology(
        subjects=(Subject(SHARED), Subject(VOLUME), Subject(EPHEMERAL)), bystanders=1
    ),
    steps=(
        *BOOT_WRITE_AND_WATCH,
        LiveMigrate(target=NAMED),
        InspectHosts(MOVED),
        LiveMigrate(target=BACK),
        Snapshot(MOVED),
        StopWriters(),
        *LOOK_INTO_THE_MOVED,
    ),
    recovery=LOOK_AT_THE_END,
    budget=150,
    profile=STANDARD,
)
