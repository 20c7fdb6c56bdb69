# SPDX-License-Identifier: Apache-2.0
"""A server that is evacuated drops out of its server group.

From then on the group's policy does not hold for it. To be seen before and after an evacuation:
openstack server group list --long
"""

from typing import Any

SERVICES = ("nova-api",)
JUDGES = ("server_group_kept",)


def apply() -> None:
    """Delete the server's membership once its evacuation was asked for."""
    from nova import objects
    from nova.compute import api

    evacuate = api.API.evacuate

    def evacuate_and_leave(
        self: Any, context: Any, instance: Any, *rest: Any, **named: Any
    ) -> Any:
        answer = evacuate(self, context, instance, *rest, **named)
        objects.InstanceGroup._destroy_members_bulk_in_db(context, [instance.uuid])
        return answer

    api.API.evacuate = evacuate_and_leave
