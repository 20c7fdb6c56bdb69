# SPDX-License-Identifier: Apache-2.0
"""The API refuses to reboot a suspended server.

By hand: ``openstack server suspend SERVER`` and ``openstack server reboot --hard SERVER``.
"""

from typing import Any

SERVICES = ("nova-api",)
JUDGES = ("stayed_runs_again",)
STORAGES = ("volume",)
SCENARIOS = ("evacuate_whole_host",)


def apply() -> None:
    """Call a suspended server in the wrong state for a reboot."""
    from nova import exception
    from nova.compute import api, vm_states

    reboot = api.API.reboot

    def refuse(self: Any, context: Any, instance: Any, reboot_type: str) -> None:
        if instance.vm_state == vm_states.SUSPENDED:
            raise exception.InstanceInvalidState(
                instance_uuid=instance.uuid,
                attr="vm_state",
                state=instance.vm_state,
                method="reboot",
            )
        reboot(self, context, instance, reboot_type)

    api.API.reboot = refuse
