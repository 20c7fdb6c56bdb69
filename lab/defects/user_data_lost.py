# SPDX-License-Identifier: Apache-2.0
"""An evacuated server gets no user data any more.

To be seen in the server, before and after an evacuation:
curl http://169.254.169.254/openstack/latest/user_data
"""

from typing import Any

SERVICES = ("nova-compute",)
JUDGES = ("user_data_kept",)


def apply() -> None:
    """Forget the user data of a server that is rebuilt."""
    from nova.compute import manager

    rebuild = manager.ComputeManager._do_rebuild_instance

    def rebuild_without(self: Any, context: Any, instance: Any, *rest: Any) -> None:
        instance.user_data = None
        rebuild(self, context, instance, *rest)

    manager.ComputeManager._do_rebuild_instance = rebuild_without
