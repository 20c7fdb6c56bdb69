# SPDX-License-Identifier: Apache-2.0
"""An evacuated server has none of its tags any more.

To be seen before and after an evacuation, with --os-compute-api-version 2.26 or newer:
openstack server show -c tags SERVER
"""

from typing import Any

SERVICES = ("nova-compute",)
JUDGES = ("tags_kept",)


def apply() -> None:
    """Delete the tags of a server that is rebuilt."""
    from nova import objects
    from nova.compute import manager

    rebuild = manager.ComputeManager._do_rebuild_instance

    def rebuild_without(self: Any, context: Any, instance: Any, *rest: Any) -> None:
        objects.TagList.destroy(context, instance.uuid)
        rebuild(self, context, instance, *rest)

    manager.ComputeManager._do_rebuild_instance = rebuild_without
