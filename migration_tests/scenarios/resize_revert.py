# SPDX-License-Identifier: Apache-2.0
"""Running and stopped servers on each kind of storage are resized, then reverted."""

from migration_tests.record.words import STANDARD
from migration_tests.runner.scenario import Scenario
from migration_tests.scenarios.parts import (
    LOOK_AT_THE_END,
    RUNNING_AND_STOPPED,
    moved_and_decided,
)
from migration_tests.steps.resize import Resize
from migration_tests.steps.revert import Revert

RESIZE_REVERT = Scenario(
    name="resize_revert",
    title="servers of {source} are resized, then reverted",
    topology=RUNNING_AND_STOPPED,
    steps=moved_and_decided(Resize(), Revert()),
    recovery=LOOK_AT_THE_END,
    budget=180,
    profile=STANDARD,
)
