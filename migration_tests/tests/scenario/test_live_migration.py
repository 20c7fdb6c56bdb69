# SPDX-License-Identifier: Apache-2.0
"""Servers are live-migrated: one class a scenario.

The scenario is run once per class; each test reads one judge's verdicts on its record.
"""

from __future__ import annotations

from tempest.lib import decorators

from migration_tests.scenarios.live_migrate_block import LIVE_MIGRATE_BLOCK
from migration_tests.scenarios.live_migrate_shared import LIVE_MIGRATE_SHARED
from migration_tests.scenarios.live_migrate_there_and_back import LIVE_MIGRATE_THERE_AND_BACK
from migration_tests.tests.scenario.base import ScenarioTestCase
from migration_tests.tests.scenario.mixins import (
    BystanderUndisturbed,
    CleanedUp,
    DataKept,
    FlavorKept,
    IdentityKept,
    LiveKept,
    Migrated,
    Moved,
    NetworkUp,
    OneCopy,
    Ready,
    Rebooted,
    VolumesKept,
)


class LiveMigrated(
    Ready,
    Migrated,
    Moved,
    IdentityKept,
    FlavorKept,
    NetworkUp,
    DataKept,
    LiveKept,
    BystanderUndisturbed,
    CleanedUp,
    OneCopy,
    Rebooted,
):
    """What is asked whenever servers are moved while they run."""


@decorators.serial
class LiveMigrateShared(LiveMigrated, VolumesKept, ScenarioTestCase):
    """Servers on shared storage and on a volume move while they write."""

    scenario = LIVE_MIGRATE_SHARED


@decorators.serial
class LiveMigrateBlock(LiveMigrated, ScenarioTestCase):
    """Servers on local disks move with their disks."""

    scenario = LIVE_MIGRATE_BLOCK


@decorators.serial
class LiveMigrateThereAndBack(LiveMigrated, VolumesKept, ScenarioTestCase):
    """Servers on each kind of storage move to a host by name, and back."""

    scenario = LIVE_MIGRATE_THERE_AND_BACK
