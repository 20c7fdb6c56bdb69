# SPDX-License-Identifier: Apache-2.0
"""Faults of hosts: each is proved by witnesses, and the host recovered, whatever becomes of us.

Knows hosts: how to reach them, switch them off and on, and see which are dead. Knows nothing of
OpenStack, of the test plugin or of the lab, and imports none of them.

The faults are fixtures::

    with chaos.Run(chaos.load_inventory("hosts.yaml")) as run:
        self.useFixture(chaos.PowerOff(run.host("compute1"), run=run, deadline=deadline))

What others may use is in ``__all__``; ``doc/source/user/chaos-for-others.rst`` shows how.
"""

import importlib
from typing import Any

# Imported when first asked for: the keeper, which needs none of them while it waits, stays small.
_PLACES = {
    "Deadline": "chaos.deadline",
    "DiskFull": "chaos.faults.disk_full",
    "Fault": "chaos.faults.contract",
    "Guard": "chaos.guard",
    "HardReset": "chaos.faults.hard_reset",
    "Host": "chaos.inventory",
    "HostShell": "chaos.transport",
    "Inventory": "chaos.inventory",
    "Journal": "chaos.journal",
    "NetworkPartition": "chaos.faults.network_partition",
    "Panic": "chaos.faults.panic",
    "PowerOff": "chaos.faults.power_off",
    "Run": "chaos.run",
    "ServiceFreeze": "chaos.faults.service_freeze",
    "ServiceKill": "chaos.faults.service_kill",
    "ServiceStop": "chaos.faults.service_stop",
    "SlowNetwork": "chaos.faults.slow_network",
    "StateFolder": "chaos.journal",
    "load_inventory": "chaos.inventory",
}

__all__ = ["errors"]
__all__ += list(_PLACES)


def __getattr__(name: str) -> Any:
    if name == "errors":
        return importlib.import_module("chaos.errors")
    if name not in _PLACES:
        raise AttributeError(f"module 'chaos' has no attribute {name!r}")
    return getattr(importlib.import_module(_PLACES[name]), name)
