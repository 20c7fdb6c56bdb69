# SPDX-License-Identifier: Apache-2.0
"""Servers are cold-migrated and resized, and what waits is confirmed or reverted.

The scenario is run once per class; each test reads one judge's verdicts on its record.
"""

from __future__ import annotations

from tempest.lib import decorators

from migration_tests.scenarios.cold_migrate_confirm import COLD_MIGRATE_CONFIRM
from migration_tests.scenarios.cold_migrate_revert import COLD_MIGRATE_REVERT
from migration_tests.scenarios.resize_confirm import RESIZE_CONFIRM
from migration_tests.scenarios.resize_revert import RESIZE_REVERT
from migration_tests.tests.scenario.base import ScenarioTestCase
from migration_tests.tests.scenario.mixins import (
    BystanderUndisturbed,
    CleanedUp,
    DataKept,
    Decided,
    FlavorKept,
    IdentityKept,
    Migrated,
    Moved,
    NetworkUp,
    OneCopy,
    Ready,
    Rebooted,
    Resized,
    Started,
    VolumesKept,
)


class ColdMoved(
    Ready,
    Migrated,
    Decided,
    Started,
    Moved,
    IdentityKept,
    NetworkUp,
    DataKept,
    VolumesKept,
    BystanderUndisturbed,
    CleanedUp,
    OneCopy,
    Rebooted,
):
    """What is asked whenever servers are shut down and moved, and a decision is awaited."""


@decorators.serial
class ColdMigrateConfirm(ColdMoved, FlavorKept, ScenarioTestCase):
    """Cold migrations are confirmed."""

    scenario = COLD_MIGRATE_CONFIRM


@decorators.serial
class ColdMigrateRevert(ColdMoved, FlavorKept, ScenarioTestCase):
    """Cold migrations are reverted."""

    scenario = COLD_MIGRATE_REVERT


@decorators.serial
class ResizeConfirm(ColdMoved, Resized, ScenarioTestCase):
    """Resizes are confirmed."""

    scenario = RESIZE_CONFIRM


@decorators.serial
class ResizeRevert(ColdMoved, Resized, FlavorKept, ScenarioTestCase):
    """Resizes are reverted."""

    scenario = RESIZE_REVERT
