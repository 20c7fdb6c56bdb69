# SPDX-License-Identifier: Apache-2.0
"""Moves that must not be made are asked for while all hosts are up."""

from migration_tests.record.words import (
    EPHEMERAL,
    RUNNING,
    SAME,
    SHARED,
    STANDARD,
    UNKNOWN_HOST,
    VOLUME,
)
from migration_tests.runner.scenario import Scenario
from migration_tests.runner.topology import Subject, Topology
from migration_tests.scenarios.parts import (
    BOOT_WRITE_AND_WATCH,
)
from migration_tests.steps.inspect_hosts import InspectHosts
from migration_tests.steps.snapshot import Snapshot
from migration_tests.steps.try_cold_migration import TryColdMigration
from migration_tests.steps.try_evacuation import TryEvacuation
from migration_tests.steps.try_live_migration import TryLiveMigration

MOVES_REFUSED = Scenario(
    name="moves_refused",
    title="moves are asked for that must not be made of servers of {source}",
    topology=Topology(
        subjects=(Subject(SHARED), Subject(VOLUME), Subject(EPHEMERAL)), bystanders=1
    ),
    steps=(
        *BOOT_WRITE_AND_WATCH,
        TryEvacuation(refused="400"),
        TryEvacuation(target=UNKNOWN_HOST, refused="400|404"),
        TryEvacuation(target=SAME, refused="400"),
        TryLiveMigration(target=UNKNOWN_HOST, refused="400"),
        TryLiveMigration(target=SAME),
        TryLiveMigration(block=True, storages=(SHARED,)),
        TryLiveMigration(block=False, storages=(EPHEMERAL,)),
        TryColdMigration(target=UNKNOWN_HOST, refused="400|404"),
        TryColdMigration(target=SAME, refused="400"),
    ),
    recovery=(Snapshot(RUNNING), InspectHosts(RUNNING)),
    budget=120,
    profile=STANDARD,
)
