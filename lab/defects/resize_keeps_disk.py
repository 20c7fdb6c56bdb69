# SPDX-License-Identifier: Apache-2.0
"""A resize leaves the disk as large as it was, though the flavor says more.

By hand: ``openstack server resize --flavor m.shared-alt``, then in the server ``df -h /``.
"""

from typing import Any

SERVICES = ("nova-compute",)
JUDGES = ("disk_size_as_promised",)
STORAGES = ("shared", "ephemeral")
SCENARIOS = ("resize_confirm",)


def apply() -> None:
    """Make the disks anew, at the end of a resize, for the size of the old flavor."""
    from nova.virt.libvirt import driver

    finish = driver.LibvirtDriver.finish_migration

    def finish_without_growing(
        self: Any, context: Any, migration: Any, instance: Any, *rest: Any, **named: Any
    ) -> Any:
        size = instance.flavor.root_gb
        instance.flavor.root_gb = (instance.old_flavor or instance.flavor).root_gb
        try:
            return finish(self, context, migration, instance, *rest, **named)
        finally:
            instance.flavor.root_gb = size

    driver.LibvirtDriver.finish_migration = finish_without_growing
