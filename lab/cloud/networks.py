# SPDX-License-Identifier: Apache-2.0
"""The public network, and the agents of the hosts."""


import openstack.connection

from lab.cloud.waiting import say, wait_for

PUBLIC = "public"

Connection = openstack.connection.Connection


def make_network(cloud: Connection, wanted: dict[str, str]) -> str:
    """Make the public network and return its ID."""
    network = cloud.network.find_network(PUBLIC) or cloud.network.create_network(
        name=PUBLIC,
        is_router_external=True,
        provider_network_type="flat",
        provider_physical_network=wanted["physical"],
    )
    if not cloud.network.find_subnet(PUBLIC):
        cloud.network.create_subnet(
            name=PUBLIC,
            network_id=network.id,
            ip_version=4,
            cidr=wanted["cidr"],
            gateway_ip=wanted["gateway"],
            is_dhcp_enabled=False,
            allocation_pools=[{"start": wanted["first"], "end": wanted["last"]}],
        )
    say("public network made")
    return network.id


def wait_for_agents(cloud: Connection, names: set[str], deadline: float) -> None:
    """Return when the network controller of every host is known and alive."""

    def missing() -> str:
        alive = {
            agent.host for agent in cloud.network.agents() if agent.is_alive
        }
        return "" if names <= alive else f"no live agent on {', '.join(sorted(names - alive))}"

    wait_for("network agents", deadline, missing)
    say("network agents alive")
