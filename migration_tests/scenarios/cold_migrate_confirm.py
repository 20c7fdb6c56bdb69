# SPDX-License-Identifier: Apache-2.0
"""Running and stopped servers are cold-migrated to another host, and confirmed there."""

from migration_tests.record.words import EPHEMERAL, MOVED, RUNNING, STOPPED, VOLUME
from migration_tests.runner.scenario import Scenario
from migration_tests.runner.topology import Subject, Topology
from migration_tests.scenarios.parts import (
    BOOT_WRITE_AND_WATCH,
    LOOK_INTO_THE_MOVED,
    REBOOT_AND_READ,
)
from migration_tests.steps.cold_migrate import ColdMigrate
from migration_tests.steps.confirm import Confirm
from migration_tests.steps.inspect_hosts import InspectHosts
from migration_tests.steps.snapshot import Snapshot
from migration_tests.steps.start_stopped import StartStopped

COLD_MIGRATE_CONFIRM = Scenario(
    name="cold_migrate_confirm",
    title="servers are cold-migrated away from {source}, and confirmed",
    topology=Topology(
        subjects=(Subject(EPHEMERAL), Subject(VOLUME), Subject(EPHEMERAL, state=STOPPED)),
        bystanders=1,
    ),
    steps=(
        *BOOT_WRITE_AND_WATCH,
        ColdMigrate(),
        Snapshot(MOVED),
        Confirm(),
        StartStopped(),
        *LOOK_INTO_THE_MOVED,
    ),
    recovery=(Snapshot(RUNNING), InspectHosts(RUNNING), *REBOOT_AND_READ),
)
