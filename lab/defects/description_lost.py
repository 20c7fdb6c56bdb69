# SPDX-License-Identifier: Apache-2.0
"""An evacuated server has no description any more.

To be seen before and after an evacuation, with --os-compute-api-version 2.19 or newer:
openstack server show -c description SERVER
"""

from typing import Any

SERVICES = ("nova-compute",)
JUDGES = ("description_kept",)


def apply() -> None:
    """Empty the description of a server that is rebuilt."""
    from nova.compute import manager

    rebuild = manager.ComputeManager._do_rebuild_instance

    def rebuild_without(self: Any, context: Any, instance: Any, *rest: Any) -> None:
        instance.display_description = ""
        rebuild(self, context, instance, *rest)

    manager.ComputeManager._do_rebuild_instance = rebuild_without
