# SPDX-License-Identifier: Apache-2.0
"""An evacuated server loses its floating IP address.

The server itself is whole, but nobody outside reaches it.
"""

from typing import Any

SERVICES = ("nova-compute",)
JUDGES = ("floating_ip_kept",)
# Nobody can log in and look.
HIDES = (
    "ssh_answers",
    "acknowledged_writes_present",
    "ephemeral_disk_pristine",
    "metadata_answers",
    "hostname_kept",
    "user_data_kept",
    "config_drive_kept",
)


def apply() -> None:
    """Take the floating addresses off the ports once a server is rebuilt."""
    from nova.compute import manager
    from nova.network import neutron

    rebuild = manager.ComputeManager._do_rebuild_instance

    def rebuild_and_lose(self: Any, context: Any, instance: Any, *rest: Any) -> None:
        rebuild(self, context, instance, *rest)
        client = neutron.get_client(context, admin=True)
        for port in client.list_ports(device_id=instance.uuid)["ports"]:
            for address in client.list_floatingips(port_id=port["id"])["floatingips"]:
                client.update_floatingip(address["id"], {"floatingip": {"port_id": None}})

    manager.ComputeManager._do_rebuild_instance = rebuild_and_lose
