# SPDX-License-Identifier: Apache-2.0
"""Running and stopped servers on each kind of storage are cold-migrated, then reverted."""

from migration_tests.runner.scenario import Scenario
from migration_tests.scenarios.parts import (
    LOOK_AT_THE_END,
    RUNNING_AND_STOPPED,
    moved_and_decided,
)
from migration_tests.steps.cold_migrate import ColdMigrate
from migration_tests.steps.revert import Revert

COLD_MIGRATE_REVERT = Scenario(
    name="cold_migrate_revert",
    title="servers of {source} are cold-migrated, then reverted",
    topology=RUNNING_AND_STOPPED,
    steps=moved_and_decided(ColdMigrate(), Revert()),
    recovery=LOOK_AT_THE_END,
    budget=180,
)
