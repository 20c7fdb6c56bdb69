# SPDX-License-Identifier: Apache-2.0
"""Nova shows an evacuated server on its new host, and on the hypervisor of the old one.

To be seen after an evacuation:
openstack server show -c OS-EXT-SRV-ATTR:host -c OS-EXT-SRV-ATTR:hypervisor_hostname SERVER
"""

from typing import Any

SERVICES = ("nova-compute",)
JUDGES = ("host_shown_truly",)


def apply() -> None:
    """Put the old hypervisor back when the evacuation is finished."""
    from nova import objects
    from nova.compute import resource_tracker

    finish = resource_tracker.ResourceTracker.finish_evacuation

    def finish_by_half(self: Any, instance: Any, node: Any, migration: Any) -> None:
        finish(self, instance, node, migration)
        if migration is not None:
            old = objects.ComputeNode.get_by_host_and_nodename(
                instance._context, migration.source_compute, migration.source_node
            )
            instance.node, instance.compute_id = old.hypervisor_hostname, old.id
            instance.save()

    resource_tracker.ResourceTracker.finish_evacuation = finish_by_half
