# SPDX-License-Identifier: Apache-2.0
"""The API refuses to unrescue a server.

By hand: ``openstack server rescue``, then ``openstack server unrescue``.
"""

from typing import Any

SERVICES = ("nova-api",)
JUDGES = ("unrescue_completed",)
SCENARIOS = ("rescue_unrescue",)
STOPS = True


def apply() -> None:
    """Answer as if the server were not in rescue."""
    from nova import exception
    from nova.compute import api

    def refuse(self: Any, context: Any, instance: Any) -> None:
        raise exception.InstanceInvalidState(
            instance_uuid=instance.uuid, attr="vm_state", state="active", method="unrescue"
        )

    api.API.unrescue = refuse
