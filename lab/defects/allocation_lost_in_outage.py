# SPDX-License-Identifier: Apache-2.0
"""A host that comes back takes away the allocations of its paused servers.

By hand, once the host is back: ``openstack resource provider allocation show SERVER`` is empty,
and ``openstack server show SERVER`` says PAUSED, on that host.
"""

from typing import Any

SERVICES = ("nova-compute",)
JUDGES = ("stayed_unchanged",)
STORAGES = ("shared",)
SCENARIOS = ("evacuate_whole_host",)


def apply() -> None:
    """Delete them when nova-compute starts and looks at its servers."""
    from nova.compute import manager, vm_states

    begin = manager.ComputeManager._init_instance

    def drop(self: Any, context: Any, instance: Any) -> None:
        begin(self, context, instance)
        if instance.vm_state == vm_states.PAUSED:
            self.reportclient.delete_allocation_for_instance(context, instance.uuid, force=True)

    manager.ComputeManager._init_instance = drop
