# SPDX-License-Identifier: Apache-2.0
"""Sequences of steps that several scenarios begin or end with."""

from __future__ import annotations

from migration_tests.record.words import BEFORE, REBOOTED, RETURNED, RUNNING
from migration_tests.steps import (
    AwaitCleanUp,
    AwaitPorts,
    Boot,
    BringToState,
    GiveBack,
    HardReboot,
    InspectHosts,
    PowerOn,
    Probe,
    ReadBack,
    Reconnect,
    Snapshot,
    StartWriters,
    WatchDomains,
)

# Servers that run, write and are watched, and how all was before anything happens.
BOOT_WRITE_AND_WATCH = (
    Boot(),
    WatchDomains(),
    Probe(),
    StartWriters(),
    AwaitPorts(),
    BringToState(),
    Snapshot(BEFORE),
    InspectHosts(BEFORE),
)

# The moved servers run: do they answer, what is on their disks.
LOOK_INTO_THE_MOVED = (Reconnect(RUNNING), ReadBack(RUNNING), AwaitPorts())

# And what does the cloud say of them.
LOOK_AT_THE_MOVED = (*LOOK_INTO_THE_MOVED, Snapshot(RUNNING))

# The last thing that is done to moved servers: they must find their disks again.
REBOOT_AND_READ = (HardReboot(), Reconnect(REBOOTED), ReadBack(REBOOTED))

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
