# SPDX-License-Identifier: Apache-2.0
"""The source host cleans up, but an evacuated server's allocation stays on it in Placement.

Everything else is done, the migration record included: the host only looks fuller than it is.
"""

from typing import Any

SERVICES = ("nova-compute",)
JUDGES = ("source_without_allocation",)


def apply() -> None:
    """Say that the allocation was removed, and leave it."""
    from nova.scheduler.client import report

    def leave(self: Any, context: Any, consumer_uuid: str, root_rp_uuid: str) -> bool:
        return True

    report.SchedulerReportClient.remove_provider_tree_from_instance_allocation = leave
