# SPDX-License-Identifier: Apache-2.0
"""An evacuated server's ports stay bound to the dead host.

The guest runs on its new host and no switch knows of it.
"""

from typing import Any

SERVICES = ("nova-compute",)
JUDGES = ("port_bound",)
# The guest does not start without its network.
STOPS = True


def apply() -> None:
    """Leave the ports' bindings as they are in an evacuation."""
    from nova.network import neutron

    bind = neutron.API.setup_instance_network_on_host

    def forget(
        self: Any, context: Any, instance: Any, host: str, migration: Any = None, **named: Any
    ) -> None:
        if migration is None or migration.migration_type != "evacuation":
            bind(self, context, instance, host, migration, **named)

    neutron.API.setup_instance_network_on_host = forget
