# SPDX-License-Identifier: Apache-2.0
"""An evacuation takes a server out of the availability zone that it was asked for in.

It shows where hosts of one kind are in several zones, and one zone has two of them. To be seen
before and after an evacuation: openstack server show -c OS-EXT-AZ:availability_zone SERVER
"""

from typing import Any

SERVICES = ("nova-scheduler",)
JUDGES = ("availability_zone_kept",)


def apply() -> None:
    """Forbid, instead of require, the zone of a server that leaves a dead host."""
    from nova import objects
    from nova.scheduler import request_filter

    stay = request_filter.map_az_to_placement_aggregate

    def leave(context: Any, request: Any) -> bool:
        leaves_a_host = "ignore_hosts" in request and request.ignore_hosts
        if not (request.availability_zone and leaves_a_host):
            return bool(stay(context, request))
        aggregates = objects.AggregateList.get_by_metadata(
            context, key="availability_zone", value=request.availability_zone
        )
        if "requested_destination" not in request or request.requested_destination is None:
            request.requested_destination = objects.Destination()
        zone = {aggregate.uuid for aggregate in aggregates}
        request.requested_destination.append_forbidden_aggregates(zone)
        return True

    filters = request_filter.ALL_REQUEST_FILTERS
    filters[filters.index(stay)] = leave
