# SPDX-License-Identifier: Apache-2.0
"""What a server must hold in Placement, by its flavor.

May not know: where it must hold it.
"""

from __future__ import annotations

import json
import math
from typing import Any

from migration_tests.record import words

Amounts = dict[str, int]

# With these in a flavor, what it holds is not told by its plain numbers.
_PECULIAR = ("resources", "hw:cpu_policy", "hw:mem_encryption", "hw:vif", "pci_passthrough")


def implied(flavor: str, storage: str) -> Amounts | None:
    """Return what a server holds by its flavor; None if the flavor does not tell.

    nova/scheduler/utils.py, resources_for_limits and ResourceRequest: VCPU, MEMORY_MB, DISK_GB of
    root (none of it for a server booted from a volume), ephemeral disks and swap rounded up.

    :param flavor: as it stands in ServerSnapshot
    """
    try:
        values: dict[str, Any] = json.loads(flavor)
        extra = values.get("extra_specs") or {}
        if any(name.startswith(_PECULIAR) for name in extra):
            return None
        root = 0 if storage == words.VOLUME else int(values["disk"])
        swap = math.ceil(int(values.get("swap") or 0) / 1024)
        amounts = {
            "VCPU": int(values["vcpus"]),
            "MEMORY_MB": int(values["ram"]),
            "DISK_GB": root + int(values.get("ephemeral") or 0) + swap,
        }
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
    return {name: amount for name, amount in amounts.items() if amount}


def text(amounts: Amounts) -> str:
    """Return amounts for people."""
    return ", ".join(f"{amount} {name}" for name, amount in sorted(amounts.items())) or "nothing"
