# SPDX-License-Identifier: Apache-2.0
"""Moves are asked for that must not be made: one class a scenario.

The scenario is run once per class; each test reads one judge's verdicts on its record.
"""

from __future__ import annotations

from tempest.lib import decorators

from migration_tests.scenarios.moves_refused import MOVES_REFUSED
from migration_tests.tests.scenario.base import ScenarioTestCase
from migration_tests.tests.scenario.mixins import (
    BystanderUndisturbed,
    OneCopy,
    Ready,
    Refused,
)


@decorators.serial
class MovesRefused(Ready, Refused, BystanderUndisturbed, OneCopy, ScenarioTestCase):
    """Nothing is moved, and nothing is changed."""

    scenario = MOVES_REFUSED
