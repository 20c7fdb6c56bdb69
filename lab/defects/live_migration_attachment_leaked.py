# SPDX-License-Identifier: Apache-2.0
"""A live migration leaves the source host's attachment of each volume behind in Cinder."""

from typing import Any

SERVICES = ("nova-compute",)
JUDGES = ("volume_attached_once",)
STORAGES = ("volume",)
SCENARIOS = ("live_migrate_shared",)


def apply() -> None:
    """Leave the source's attachments where they are."""
    from nova.compute import manager

    def leave(self: Any, context: Any, instance: Any, source_bdms: Any) -> None:
        return None

    manager.ComputeManager._post_live_migration_remove_source_vol_connections = leave
