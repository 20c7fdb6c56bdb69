# SPDX-License-Identifier: Apache-2.0
"""Servers are live-migrated: one class a scenario.

The scenario is run once per class; each test reads one judge's verdicts on its record.
"""

from __future__ import annotations

from tempest.lib import decorators

from migration_tests.scenarios.live_migrate_shared import LIVE_MIGRATE_SHARED
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


@decorators.serial
class LiveMigrateShared(
    Ready,
    Migrated,
    Moved,
    IdentityKept,
    FlavorKept,
    NetworkUp,
    DataKept,
    VolumesKept,
    LiveKept,
    BystanderUndisturbed,
    CleanedUp,
    OneCopy,
    Rebooted,
    ScenarioTestCase,
):
    """Servers on shared storage and on a volume move while they write."""

    scenario = LIVE_MIGRATE_SHARED
