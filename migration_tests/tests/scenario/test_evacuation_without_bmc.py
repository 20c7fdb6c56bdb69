# SPDX-License-Identifier: Apache-2.0
"""A compute host crashes, boots again by itself and is evacuated meanwhile: no BMC is needed."""

from __future__ import annotations

from tempest.lib import decorators

from migration_tests.scenarios.evacuate_without_bmc import EVACUATE_WITHOUT_BMC
from migration_tests.scenarios.evacuate_without_bmc_shared import EVACUATE_WITHOUT_BMC_SHARED
from migration_tests.tests.scenario.base import ScenarioTestCase
from migration_tests.tests.scenario.mixins import DiskPristine, StayedDown
from migration_tests.tests.scenario.test_evacuation import HostFails


@decorators.serial
class EvacuateWithoutBmc(HostFails, StayedDown, DiskPristine, ScenarioTestCase):
    """A host with local disks crashes."""

    scenario = EVACUATE_WITHOUT_BMC


@decorators.serial
class EvacuateWithoutBmcShared(HostFails, StayedDown, ScenarioTestCase):
    """A host with shared storage crashes."""

    scenario = EVACUATE_WITHOUT_BMC_SHARED
