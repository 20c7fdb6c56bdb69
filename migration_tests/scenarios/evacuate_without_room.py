# SPDX-License-Identifier: Apache-2.0
"""A host is switched off while no other can take its servers; then one can."""

from migration_tests.record.words import SHARED, VOLUME
from migration_tests.runner.scenario import Scenario
from migration_tests.runner.topology import Subject, Topology
from migration_tests.scenarios.parts import BRING_THE_HOST_BACK, FIRST_WITHOUT_ROOM
from migration_tests.steps.open_hosts import OpenHosts

EVACUATE_WITHOUT_ROOM = Scenario(
    name="evacuate_without_room",
    title="{source} loses its power while no host takes its servers; later one does",
    topology=Topology(
        subjects=(Subject(SHARED), Subject(VOLUME)), bystanders=1, zoned=False
    ),
    steps=FIRST_WITHOUT_ROOM,
    recovery=(OpenHosts(), *BRING_THE_HOST_BACK),
    budget=240,
)
