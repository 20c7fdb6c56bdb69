# SPDX-License-Identifier: Apache-2.0
"""Servers are cold-migrated: one class a scenario.

The scenario is run once per class; each test reads one judge's verdicts on its record.
"""

from __future__ import annotations

from tempest.lib import decorators

from migration_tests.scenarios.cold_migrate_confirm import COLD_MIGRATE_CONFIRM
from migration_tests.tests.scenario.base import ScenarioTestCase
from migration_tests.tests.scenario.mixins import (
    BystanderUndisturbed,
    CleanedUp,
    DataKept,
    IdentityKept,
    Migrated,
    Moved,
    NetworkUp,
    OneCopy,
    Ready,
    Rebooted,
    VolumesKept,
)


@decorators.serial
class ColdMigrateConfirm(
    Ready,
    Migrated,
    Moved,
    IdentityKept,
    NetworkUp,
    DataKept,
    VolumesKept,
    BystanderUndisturbed,
    CleanedUp,
    OneCopy,
    Rebooted,
    ScenarioTestCase,
):
    """Running and stopped servers on local disks and on volumes, confirmed on their new hosts."""

    scenario = COLD_MIGRATE_CONFIRM
