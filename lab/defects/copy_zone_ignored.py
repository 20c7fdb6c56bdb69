# SPDX-License-Identifier: Apache-2.0
"""A server that is booted from the image of another is not put into the zone it was asked for in.

By hand: ``openstack server image create SERVER``, then ``openstack server create --image IMAGE
--availability-zone az2 ...``, and ``openstack server show -c OS-EXT-AZ:availability_zone``.
"""

from typing import Any

SERVICES = ("nova-scheduler",)
JUDGES = ("copy_in_another_zone",)
SCENARIOS = ("snapshot_to_another_zone",)


def apply() -> None:
    """Forbid, instead of require, the zone of a server that is asked for in one and on no host."""
    from nova import objects
    from nova.scheduler import request_filter

    stay = request_filter.map_az_to_placement_aggregate

    def leave(context: Any, request: Any) -> bool:
        moved = "ignore_hosts" in request and request.ignore_hosts
        named = "requested_destination" in request and request.requested_destination
        if not request.availability_zone or moved or named:
            return bool(stay(context, request))
        aggregates = objects.AggregateList.get_by_metadata(
            context, key="availability_zone", value=request.availability_zone
        )
        request.requested_destination = objects.Destination()
        zone = {aggregate.uuid for aggregate in aggregates}
        request.requested_destination.append_forbidden_aggregates(zone)
        return True

    filters = request_filter.ALL_REQUEST_FILTERS
    filters[filters.index(stay)] = leave
