# SPDX-License-Identifier: Apache-2.0
"""A rescue system does not get the disk of its server.

By hand: ``openstack server rescue --image guest-alt``, log in, then ``lsblk``: there is one disk.
"""

from typing import Any

SERVICES = ("nova-compute",)
JUDGES = ("rescue_disk_attached",)
SCENARIOS = ("rescue_unrescue",)


def apply() -> None:
    """Leave out of a rescue system's domain every disk but the one that it boots from."""
    from nova.virt.libvirt import config, driver

    get_config = driver.LibvirtDriver._get_guest_config

    def with_one_disk(self: Any, *args: Any, **named: Any) -> Any:
        guest = get_config(self, *args, **named)
        # The fifth of its arguments; Nova gives it by its place.
        if named.get("rescue") or args[4:5] not in ((), (None,)):
            guest.devices = [one for one in guest.devices if not _of_the_server(one)]
        return guest

    def _of_the_server(device: Any) -> bool:
        disk = isinstance(device, config.LibvirtConfigGuestDisk)
        where = str(getattr(device, "source_path", None) or getattr(device, "source_name", ""))
        return disk and device.source_device == "disk" and not where.endswith(".rescue")

    driver.LibvirtDriver._get_guest_config = with_one_disk
