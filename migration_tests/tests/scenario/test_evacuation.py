# SPDX-License-Identifier: Apache-2.0
"""A compute host fails and its servers are evacuated: one class a scenario.

The scenario is run once per class; each test reads one judge's verdicts on its record.
"""

from __future__ import annotations

from tempest.lib import decorators

from migration_tests.scenarios.evacuate_ephemeral import EVACUATE_EPHEMERAL
from migration_tests.scenarios.evacuate_ephemeral_to_named_host import (
    EVACUATE_EPHEMERAL_TO_NAMED_HOST,
)
from migration_tests.scenarios.evacuate_shared import EVACUATE_SHARED
from migration_tests.scenarios.evacuate_to_named_host import EVACUATE_TO_NAMED_HOST
from migration_tests.scenarios.evacuate_whole_host import EVACUATE_WHOLE_HOST
from migration_tests.scenarios.evacuate_without_room import EVACUATE_WITHOUT_ROOM
from migration_tests.scenarios.evacuate_zone_without_room import EVACUATE_ZONE_WITHOUT_ROOM
from migration_tests.tests.scenario.base import ScenarioTestCase
from migration_tests.tests.scenario.mixins import (
    BystanderUndisturbed,
    CleanedUp,
    DataKept,
    DiskPristine,
    Evacuated,
    FlavorKept,
    HostBack,
    HostDied,
    IdentityKept,
    Moved,
    NetworkUp,
    OneCopy,
    Ready,
    Rebooted,
    Refused,
    Started,
    Stayed,
    VolumesKept,
)


class HostFails(
    Ready,
    HostDied,
    Evacuated,
    Started,
    Moved,
    IdentityKept,
    FlavorKept,
    NetworkUp,
    DataKept,
    VolumesKept,
    BystanderUndisturbed,
    HostBack,
    CleanedUp,
    OneCopy,
    Rebooted,
):
    """What is asked whenever a host fails and its servers are evacuated."""


@decorators.serial
class EvacuateShared(HostFails, ScenarioTestCase):
    """A host with shared storage is switched off by its BMC."""

    scenario = EVACUATE_SHARED


@decorators.serial
class EvacuateEphemeral(HostFails, DiskPristine, ScenarioTestCase):
    """A host with local disks is switched off over SSH."""

    scenario = EVACUATE_EPHEMERAL


@decorators.serial
class EvacuateWholeHost(HostFails, Refused, Stayed, ScenarioTestCase):
    """A host with servers in every state is switched off by its BMC."""

    scenario = EVACUATE_WHOLE_HOST


@decorators.serial
class EvacuateToNamedHost(HostFails, ScenarioTestCase):
    """A host with shared storage fails; where its servers go is said by name."""

    scenario = EVACUATE_TO_NAMED_HOST


@decorators.serial
class EvacuateEphemeralToNamedHost(HostFails, DiskPristine, ScenarioTestCase):
    """A host with local disks fails; where its servers go is said by name."""

    scenario = EVACUATE_EPHEMERAL_TO_NAMED_HOST


@decorators.serial
class EvacuateWithoutRoom(HostFails, Refused, ScenarioTestCase):
    """A host fails while no other takes its servers; later one does."""

    scenario = EVACUATE_WITHOUT_ROOM


@decorators.serial
class EvacuateZoneWithoutRoom(HostFails, Refused, ScenarioTestCase):
    """A host fails while only hosts of another zone would take its servers."""

    scenario = EVACUATE_ZONE_WITHOUT_ROOM
