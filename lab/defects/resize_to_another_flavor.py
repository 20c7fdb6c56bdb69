# SPDX-License-Identifier: Apache-2.0
"""A resize moves the server and keeps the flavor that it had.

By hand: ``openstack server resize --flavor m.shared-alt``, then ``openstack server show``.
"""

from typing import Any

SERVICES = ("nova-compute",)
JUDGES = ("flavor_as_asked",)
SCENARIOS = ("resize_confirm",)
HIDES = ("disk_size_as_promised", "destination_whole", "source_without_allocation")


def apply() -> None:
    """Take over the numbers of the new flavor, but not the flavor."""
    from nova.compute import manager

    def keep(instance: Any, flavor: Any) -> None:
        instance.memory_mb = flavor.memory_mb
        instance.vcpus = flavor.vcpus
        instance.root_gb = flavor.root_gb

    manager.ComputeManager._set_instance_info = staticmethod(keep)
