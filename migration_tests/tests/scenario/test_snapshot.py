# SPDX-License-Identifier: Apache-2.0
"""Servers are carried to another zone by images: one class a scenario.

The scenario is run once per class; each test reads one judge's verdicts on its record.
"""

from __future__ import annotations

from tempest.lib import decorators

from migration_tests.scenarios.snapshot_to_another_zone import SNAPSHOT_TO_ANOTHER_ZONE
from migration_tests.tests.scenario.base import ScenarioTestCase
from migration_tests.tests.scenario.mixins import (
    BystanderUndisturbed,
    Copied,
    OneCopy,
    Ready,
)


@decorators.serial
class SnapshotToAnotherZone(Ready, Copied, BystanderUndisturbed, OneCopy, ScenarioTestCase):
    """New servers are booted from the images of servers that go on."""

    scenario = SNAPSHOT_TO_ANOTHER_ZONE
