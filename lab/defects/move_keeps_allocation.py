# SPDX-License-Identifier: Apache-2.0
"""Confirming a move leaves the room on the source allocated, in the name of the migration record.

By hand: ``openstack server migration confirm``, then ``openstack resource provider allocation
show`` of the migration's UUID.
"""

from typing import Any

SERVICES = ("nova-compute",)
JUDGES = ("source_without_allocation",)
SCENARIOS = ("cold_migrate_confirm",)


def apply() -> None:
    """Delete no allocation of a cold migration."""
    from nova.compute import manager

    delete = manager.ComputeManager._delete_allocation_after_move

    def keep(self: Any, context: Any, instance: Any, migration: Any) -> None:
        if not migration.is_live_migration:
            return
        delete(self, context, instance, migration)

    manager.ComputeManager._delete_allocation_after_move = keep
