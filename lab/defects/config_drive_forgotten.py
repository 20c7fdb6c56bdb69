# SPDX-License-Identifier: Apache-2.0
"""An evacuated server has no config drive any more.

Nova forgets that it had one, and makes none for it on the new host. To be seen before and after an
evacuation: openstack server show -c config_drive SERVER, and in the server: blkid -L config-2
"""

from typing import Any

SERVICES = ("nova-compute",)
JUDGES = ("config_drive_kept",)
STORAGES = ("ephemeral",)


def apply() -> None:
    """Forget the config drive of a server that is rebuilt."""
    from nova.compute import manager

    rebuild = manager.ComputeManager._do_rebuild_instance

    def rebuild_without(self: Any, context: Any, instance: Any, *rest: Any) -> None:
        instance.config_drive = ""
        rebuild(self, context, instance, *rest)

    manager.ComputeManager._do_rebuild_instance = rebuild_without
