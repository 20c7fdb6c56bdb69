# SPDX-License-Identifier: Apache-2.0
"""Sequences of steps that several scenarios begin or end with."""

from __future__ import annotations

from migration_tests.record.words import (
    BEFORE,
    DECIDED,
    EPHEMERAL,
    MOVED,
    REBOOTED,
    RETURNED,
    RUNNING,
    SHARED,
    STOPPED,
    VOLUME,
)
from migration_tests.runner.step import Step
from migration_tests.runner.topology import Subject, Topology
from migration_tests.steps.await_clean_up import AwaitCleanUp
from migration_tests.steps.await_ports import AwaitPorts
from migration_tests.steps.boot import Boot
from migration_tests.steps.bring_to_state import BringToState
from migration_tests.steps.close_hosts import CloseHosts
from migration_tests.steps.evacuate import Evacuate
from migration_tests.steps.give_back import GiveBack
from migration_tests.steps.hard_reboot import HardReboot
from migration_tests.steps.inject import Inject
from migration_tests.steps.inspect_hosts import InspectHosts
from migration_tests.steps.mark_down import MarkDown
from migration_tests.steps.open_hosts import OpenHosts
from migration_tests.steps.power_on import PowerOn
from migration_tests.steps.probe import Probe
from migration_tests.steps.read_back import ReadBack
from migration_tests.steps.read_metadata import ReadMetadata
from migration_tests.steps.reconnect import Reconnect
from migration_tests.steps.snapshot import Snapshot
from migration_tests.steps.start_stopped import StartStopped
from migration_tests.steps.start_writers import StartWriters
from migration_tests.steps.try_evacuation import TryEvacuation
from migration_tests.steps.watch_domains import WatchDomains

# Servers that run, write and are watched, and how all was before anything happens.
BOOT_WRITE_AND_WATCH = (
    Boot(),
    ReadMetadata(BEFORE),
    WatchDomains(),
    Probe(),
    StartWriters(),
    AwaitPorts(),
    BringToState(),
    Snapshot(BEFORE),
    InspectHosts(BEFORE),
)

# The moved servers run: do they answer, what is on their disks.
LOOK_INTO_THE_MOVED = (
    Reconnect(RUNNING),
    ReadBack(RUNNING),
    ReadMetadata(RUNNING),
    AwaitPorts(),
)

# And what does the cloud say of them.
LOOK_AT_THE_MOVED = (*LOOK_INTO_THE_MOVED, Snapshot(RUNNING))

# The last thing that is done to moved servers: they must find their disks again.
REBOOT_AND_READ = (
    HardReboot(),
    Reconnect(REBOOTED),
    ReadBack(REBOOTED),
    ReadMetadata(REBOOTED),
)

# What a move from a host that lives ends with.
LOOK_AT_THE_END = (Snapshot(RUNNING), InspectHosts(RUNNING), *REBOOT_AND_READ)

# The order in which a host comes back, and what is looked at once it has.
BRING_THE_HOST_BACK = (
    PowerOn(),
    AwaitCleanUp(),
    GiveBack(),
    ReadBack(RETURNED),
    Snapshot(RETURNED),
    InspectHosts(RETURNED),
    *REBOOT_AND_READ,
)

# Servers that run on each kind of storage, and some that are stopped.
RUNNING_AND_STOPPED = Topology(
    subjects=(
        Subject(SHARED),
        Subject(VOLUME),
        Subject(EPHEMERAL),
        Subject(SHARED, state=STOPPED),
        Subject(EPHEMERAL, state=STOPPED),
    ),
    bystanders=1,
)


# A host dies and no host takes its servers; then one does, and they come from error.
FIRST_WITHOUT_ROOM = (
    *BOOT_WRITE_AND_WATCH,
    Inject(via="bmc"),
    MarkDown(),
    CloseHosts(),
    TryEvacuation(),
    OpenHosts(),
    Evacuate(),
    Snapshot(MOVED),
    StartStopped(),
    *LOOK_AT_THE_MOVED,
)


def moved_and_decided(move: Step, decision: Step) -> tuple[Step, ...]:
    """Return the course of a move that waits until something is decided about it."""
    return (
        *BOOT_WRITE_AND_WATCH,
        move,
        Snapshot(MOVED),
        InspectHosts(MOVED),
        decision,
        Snapshot(DECIDED),
        StartStopped(),
        *LOOK_AT_THE_MOVED,
    )
