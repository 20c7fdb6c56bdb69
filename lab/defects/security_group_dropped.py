# SPDX-License-Identifier: Apache-2.0
"""An evacuated server's port loses its security groups.

Without any, the network lets nothing in, and nobody can log in and look. To be seen before and
after an evacuation: openstack port list --server SERVER, then
openstack port show -c security_group_ids PORT
"""

from typing import Any

SERVICES = ("nova-compute",)
JUDGES = ("security_groups_kept",)
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
    """Take the security groups off the ports once a server is rebuilt."""
    from nova.compute import manager
    from nova.network import neutron

    rebuild = manager.ComputeManager._do_rebuild_instance

    def rebuild_and_drop(self: Any, context: Any, instance: Any, *rest: Any) -> None:
        rebuild(self, context, instance, *rest)
        client = neutron.get_client(context, admin=True)
        for port in client.list_ports(device_id=instance.uuid)["ports"]:
            client.update_port(port["id"], {"port": {"security_groups": []}})

    manager.ComputeManager._do_rebuild_instance = rebuild_and_drop
