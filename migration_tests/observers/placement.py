# SPDX-License-Identifier: Apache-2.0
"""Records what a server holds in Placement. May not know: what it should hold."""

from __future__ import annotations

from migration_tests.cloud.clients import Cloud
from migration_tests.record.events import AllocationSnapshot
from migration_tests.record.history import Recorder


def look(cloud: Cloud, server: str, moment: str, record: Recorder) -> AllocationSnapshot:
    """Record the allocations of a server at a moment.

    :raises migration_tests.cloud.clients.CloudError: when they cannot be learned
    """
    seen = AllocationSnapshot(server=server, moment=moment, by_host=cloud.allocations(server))
    record(seen)
    return seen
