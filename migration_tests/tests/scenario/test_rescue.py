# SPDX-License-Identifier: Apache-2.0
"""Servers are rescued and unrescued: one class a scenario.

The scenario is run once per class; each test reads one judge's verdicts on its record.
"""

from __future__ import annotations

from tempest.lib import decorators

from migration_tests.scenarios.rescue_unrescue import RESCUE_UNRESCUE
from migration_tests.tests.scenario.base import ScenarioTestCase
from migration_tests.tests.scenario.mixins import (
    BystanderUndisturbed,
    DataKept,
    FlavorKept,
    IdentityKept,
    Moved,
    NetworkUp,
    OneCopy,
    Ready,
    Rebooted,
    Rescued,
    VolumesKept,
)


@decorators.serial
class RescueUnrescue(
    Ready,
    Rescued,
    Moved,
    IdentityKept,
    FlavorKept,
    NetworkUp,
    DataKept,
    VolumesKept,
    BystanderUndisturbed,
    OneCopy,
    Rebooted,
    ScenarioTestCase,
):
    """Servers on each kind of storage are rescued, and come back."""

    scenario = RESCUE_UNRESCUE
