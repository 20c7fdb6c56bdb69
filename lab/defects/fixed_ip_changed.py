# SPDX-License-Identifier: Apache-2.0
"""An evacuated server's port gets another fixed IP address of its subnet.

The guest keeps the old one until it asks again; nothing reaches it at either.
"""

import ipaddress
from typing import Any

SERVICES = ("nova-compute",)
JUDGES = ("fixed_ip_kept",)


def apply() -> None:
    """Give the ports the last free address of their subnet once a server is rebuilt."""
    from neutronclient.common import exceptions
    from nova.compute import manager
    from nova.network import neutron

    rebuild = manager.ComputeManager._do_rebuild_instance

    def readdress(client: Any, port: dict[str, Any]) -> None:
        subnet = port["fixed_ips"][0]["subnet_id"]
        network = ipaddress.ip_network(client.show_subnet(subnet)["subnet"]["cidr"])
        for address in reversed(list(network.hosts())):
            fixed = [{"subnet_id": subnet, "ip_address": str(address)}]
            try:
                client.update_port(port["id"], {"port": {"fixed_ips": fixed}})
            except exceptions.Conflict:
                continue
            return

    def rebuild_elsewhere(self: Any, context: Any, instance: Any, *rest: Any) -> None:
        rebuild(self, context, instance, *rest)
        client = neutron.get_client(context, admin=True)
        for port in client.list_ports(device_id=instance.uuid)["ports"]:
            readdress(client, port)

    manager.ComputeManager._do_rebuild_instance = rebuild_elsewhere
