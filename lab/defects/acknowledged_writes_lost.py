# SPDX-License-Identifier: Apache-2.0
"""Disks acknowledge writes and lose them when the host loses its power.

Guests that start on the host get disks that answer every flush and keep what was written in the
host's memory: the lab's fault "lose" (see ``migration-chaos lab fault lose``), which this switches
on, and which therefore stays until it is cleared.
Judges that must fail: that of acknowledged writes, and no other.
"""

import os

SERVICES = ("nova-compute",)
JUDGES = ("acknowledged_writes_present",)
STORAGES = ("volume", "shared")

SWITCH = "/etc/lab/disks-lose"


def apply() -> None:
    """Lay down the switch that the host's QEMU wrapper looks for, so that a reboot keeps it."""
    os.makedirs(os.path.dirname(SWITCH), exist_ok=True)
    with open(SWITCH, "w", encoding="utf-8") as switch:
        os.fsync(switch.fileno())
    os.sync()
