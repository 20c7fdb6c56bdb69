# SPDX-License-Identifier: Apache-2.0
"""Running and stopped servers on each kind of storage are resized, then confirmed."""

from migration_tests.record.words import DECIDED, EPHEMERAL, MOVED, SHARED, STOPPED, VOLUME
from migration_tests.runner.scenario import Scenario
from migration_tests.runner.topology import Subject, Topology
from migration_tests.scenarios.parts import (
    BOOT_WRITE_AND_WATCH,
    LOOK_AT_THE_END,
    LOOK_AT_THE_MOVED,
)
from migration_tests.steps.confirm import Confirm
from migration_tests.steps.inspect_hosts import InspectHosts
from migration_tests.steps.resize import Resize
from migration_tests.steps.snapshot import Snapshot
from migration_tests.steps.start_stopped import StartStopped

RESIZE_CONFIRM = Scenario(
    name="resize_confirm",
    title="servers of {source} are resized, then confirmed",
    topology=Topology(
        subjects=(
            Subject(SHARED),
            Subject(VOLUME),
            Subject(EPHEMERAL),
            Subject(SHARED, state=STOPPED),
            Subject(EPHEMERAL, state=STOPPED),
        ),
        bystanders=1,
    ),
    steps=(
        *BOOT_WRITE_AND_WATCH,
        Resize(),
        Snapshot(MOVED),
        InspectHosts(MOVED),
        Confirm(),
        Snapshot(DECIDED),
        StartStopped(),
        *LOOK_AT_THE_MOVED,
    ),
    recovery=LOOK_AT_THE_END,
    budget=180,
)
