# SPDX-License-Identifier: Apache-2.0
"""The API refuses to start a server that was evacuated."""

from typing import Any

SERVICES = ("nova-api",)
JUDGES = ("server_started",)
STOPS = True


def apply() -> None:
    """Call a server that has an evacuation among its actions in the wrong state for a start."""
    from nova import exception
    from nova.compute import api
    from nova.objects import InstanceActionList

    start = api.API.start

    def refuse(self: Any, context: Any, instance: Any) -> None:
        actions = InstanceActionList.get_by_instance_uuid(context, instance.uuid)
        if any(action.action == "evacuate" for action in actions):
            raise exception.InstanceInvalidState(
                instance_uuid=instance.uuid,
                attr="vm_state",
                state=instance.vm_state,
                method="start",
            )
        start(self, context, instance)

    api.API.start = refuse
