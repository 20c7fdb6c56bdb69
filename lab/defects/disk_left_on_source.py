# SPDX-License-Identifier: Apache-2.0
"""The source host removes an evacuated server's domain, but not the disk on its own storage.

It takes all storage for shared. Space is lost, and what a tenant wrote is still there.
"""

from typing import Any

SERVICES = ("nova-compute",)
JUDGES = ("source_without_disk",)
STORAGES = ("ephemeral",)


def apply() -> None:
    """Say that every server's storage is shared."""
    from nova.compute import manager

    def shared(self: Any, context: Any, instance: Any, host: str | None = None) -> bool:
        return True

    manager.ComputeManager._is_instance_storage_shared = shared
