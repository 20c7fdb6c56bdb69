# SPDX-License-Identifier: Apache-2.0
"""The source host's clean-up takes away all of a server's allocations, not only its own.

The server runs on its new host, which Placement takes for emptier than it is.
"""

from typing import Any

SERVICES = ("nova-compute",)
JUDGES = ("destination_whole",)
HIDES = ("source_without_allocation",)


def apply() -> None:
    """Delete every allocation of the server instead of those on the source."""
    from nova.scheduler.client import report

    client = report.SchedulerReportClient

    def remove_all(self: Any, context: Any, consumer_uuid: str, root_rp_uuid: str) -> bool:
        self.delete_allocation_for_instance(context, consumer_uuid, force=True)
        return True

    client.remove_provider_tree_from_instance_allocation = remove_all
