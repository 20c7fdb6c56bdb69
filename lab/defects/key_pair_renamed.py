# SPDX-License-Identifier: Apache-2.0
"""An evacuated server is said to have been made with another key pair.

Its users log in with the key that they have: only whoever asks Nova is misled. To be seen before
and after an evacuation: openstack server show -c key_name SERVER
"""

from typing import Any

SERVICES = ("nova-compute",)
JUDGES = ("key_kept",)


def apply() -> None:
    """Note another name of the key pair of a server that is rebuilt."""
    from nova.compute import manager

    rebuild = manager.ComputeManager._do_rebuild_instance

    def rebuild_without(self: Any, context: Any, instance: Any, *rest: Any) -> None:
        instance.key_name += "-old"
        rebuild(self, context, instance, *rest)

    manager.ComputeManager._do_rebuild_instance = rebuild_without
