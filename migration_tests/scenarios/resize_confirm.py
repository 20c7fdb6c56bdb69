# SPDX-License-Identifier: Apache-2.0
"""Running and stopped servers on each kind of storage are resized, then confirmed."""

from migration_tests.runner.scenario import Scenario
from migration_tests.scenarios.parts import (
    LOOK_AT_THE_END,
    RUNNING_AND_STOPPED,
    moved_and_decided,
)
from migration_tests.steps.confirm import Confirm
from migration_tests.steps.resize import Resize

RESIZE_CONFIRM = Scenario(
    name="resize_confirm",
    title="servers of {source} are resized, then confirmed",
    topology=RUNNING_AND_STOPPED,
    steps=moved_and_decided(Resize(), Confirm()),
    recovery=LOOK_AT_THE_END,
    budget=180,
)
