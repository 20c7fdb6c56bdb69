# SPDX-License-Identifier: Apache-2.0
"""An evacuated server has none of its metadata any more.

To be seen before and after an evacuation: openstack server show -c properties SERVER
"""

from typing import Any

SERVICES = ("nova-compute",)
JUDGES = ("metadata_kept",)


def apply() -> None:
    """Empty the metadata of a server that is rebuilt."""
    from nova.compute import manager

    rebuild = manager.ComputeManager._do_rebuild_instance

    def rebuild_without(self: Any, context: Any, instance: Any, *rest: Any) -> None:
        instance.metadata = {}
        rebuild(self, context, instance, *rest)

    manager.ComputeManager._do_rebuild_instance = rebuild_without
