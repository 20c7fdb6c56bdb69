# SPDX-License-Identifier: Apache-2.0
"""The scheduler takes any host, whatever availability zone a server was asked for in.

It shows where a zone has no host left that takes the server, and another has one. To be seen after
an evacuation then: openstack server show -c OS-EXT-AZ:availability_zone SERVER
"""

from typing import Any

SERVICES = ("nova-scheduler",)
JUDGES = ("refused_as_promised",)
SCENARIOS = ("evacuate_zone_without_room",)
STOPS = True


def apply() -> None:
    """Let the filter that binds a server to its zone do nothing."""
    from nova.scheduler import request_filter

    def ignore(context: Any, request: Any) -> bool:
        return False

    filters = request_filter.ALL_REQUEST_FILTERS
    filters[filters.index(request_filter.map_az_to_placement_aggregate)] = ignore
