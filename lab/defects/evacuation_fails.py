# SPDX-License-Identifier: Apache-2.0
"""An evacuation ends in an error on the host that should take the server in."""

from typing import Any

SERVICES = ("nova-compute",)
JUDGES = ("evacuation_completed",)
STOPS = True


def apply() -> None:
    """Refuse to make any server anew that comes from another host."""
    from nova import exception
    from nova.compute import manager

    rebuild = manager.ComputeManager._rebuild_default_impl

    def refuse(
        self: Any, context: Any, instance: Any, *rest: Any, evacuate: bool = False, **named: Any
    ) -> None:
        if evacuate:
            raise exception.NovaException("the disk of this host is on fire")
        rebuild(self, context, instance, *rest, evacuate=evacuate, **named)

    manager.ComputeManager._rebuild_default_impl = refuse
