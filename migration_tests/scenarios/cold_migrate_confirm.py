# SPDX-License-Identifier: Apache-2.0
"""Running and stopped servers on each kind of storage are cold-migrated, then confirmed."""

from migration_tests.record.words import STANDARD
from migration_tests.runner.scenario import Scenario
from migration_tests.scenarios.parts import (
    LOOK_AT_THE_END,
    RUNNING_AND_STOPPED,
    moved_and_decided,
)
from migration_tests.steps.cold_migrate import ColdMigrate
from migration_tests.steps.confirm import Confirm

COLD_MIGRATE_CONFIRM = Scenario(
    name="cold_migrate_confirm",
    title="servers of {source} are cold-migrated, then confirmed",
    topology=RUNNING_AND_STOPPED,
    steps=moved_and_decided(ColdMigrate(), Confirm()),
    recovery=LOOK_AT_THE_END,
    budget=180,
    profile=STANDARD,
)
