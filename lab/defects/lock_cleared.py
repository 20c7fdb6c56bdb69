# SPDX-License-Identifier: Apache-2.0
"""An evacuation unlocks a server that its owner has locked.

To be seen before and after an evacuation, with --os-compute-api-version 2.9 or newer:
openstack server show -c locked SERVER
"""

from typing import Any

SERVICES = ("nova-compute",)
JUDGES = ("lock_kept",)
STORAGES = ("volume",)


def apply() -> None:
    """Unlock a server that is rebuilt."""
    from nova.compute import manager

    rebuild = manager.ComputeManager._do_rebuild_instance

    def rebuild_without(self: Any, context: Any, instance: Any, *rest: Any) -> None:
        instance.locked, instance.locked_by = False, None
        rebuild(self, context, instance, *rest)

    manager.ComputeManager._do_rebuild_instance = rebuild_without
