# SPDX-License-Identifier: Apache-2.0
"""An evacuated server's port gets another fixed IP address of its subnet.

Its floating address leads to the new one, so that from outside nothing is to be seen.
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
        subnet, former = (port["fixed_ips"][0][key] for key in ("subnet_id", "ip_address"))
        network = ipaddress.ip_network(client.show_subnet(subnet)["subnet"]["cidr"])
        # Neutron keeps an address that a floating one leads to.
        floating = client.list_floatingips(port_id=port["id"])["floatingips"]
        for each in floating:
            client.update_floatingip(each["id"], {"floatingip": {"port_id": None}})
        for address in reversed(list(network.hosts())):
            fixed = [{"subnet_id": subnet, "ip_address": str(address)}]
            try:
                if str(address) != former:
                    client.update_port(port["id"], {"port": {"fixed_ips": fixed}})
                    break
            except exceptions.Conflict:
                continue
        for each in floating:
            client.update_floatingip(each["id"], {"floatingip": {"port_id": port["id"]}})

    def rebuild_elsewhere(self: Any, context: Any, instance: Any, *rest: Any) -> None:
        rebuild(self, context, instance, *rest)
        client = neutron.get_client(context, admin=True)
        for port in client.list_ports(device_id=instance.uuid)["ports"]:
            readdress(client, port)

    manager.ComputeManager._do_rebuild_instance = rebuild_elsewhere
