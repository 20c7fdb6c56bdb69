# SPDX-License-Identifier: Apache-2.0
"""Images are made of servers that write, and new servers booted from them in another zone.

Nova makes the image of a running server without a stop, or suspends it for that time where its
hypervisor cannot do it otherwise; that a server is away for long then fails
``bystander_undisturbed``, like any other disturbance. What was acknowledged before must be there
though the server writes on: an image is as if the server had lost its power at one moment.
"""

from migration_tests.record.words import EPHEMERAL, RUNNING, SHARED, VOLUME
from migration_tests.runner.scenario import Scenario
from migration_tests.runner.topology import Subject, Topology
from migration_tests.scenarios.parts import BOOT_WRITE_AND_WATCH, LOOK_INTO_THE_MOVED
from migration_tests.steps.boot_copies import BootCopies
from migration_tests.steps.inspect_hosts import InspectHosts
from migration_tests.steps.make_images import MakeImages
from migration_tests.steps.read_copies import ReadCopies
from migration_tests.steps.snapshot import Snapshot
from migration_tests.steps.stop_writers import StopWriters

SNAPSHOT_TO_ANOTHER_ZONE = Scenario(
    name="snapshot_to_another_zone",
    title="servers of {source} are carried to another zone by images",
    topology=Topology(subjects=(Subject(SHARED), Subject(EPHEMERAL), Subject(VOLUME))),
    steps=(
        *BOOT_WRITE_AND_WATCH,
        MakeImages(),
        BootCopies(),
        ReadCopies(),
        StopWriters(),
        *LOOK_INTO_THE_MOVED,
    ),
    recovery=(Snapshot(RUNNING), InspectHosts(RUNNING)),
    budget=180,
)
