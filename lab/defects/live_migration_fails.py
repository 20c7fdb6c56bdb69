# SPDX-License-Identifier: Apache-2.0
"""A live migration fails on the host that should take the server in, before anything is moved.

The migration record ends as failed; the server runs on where it was.
"""

from typing import Any

SERVICES = ("nova-compute",)
JUDGES = ("migration_completed",)
SCENARIOS = ("live_migrate_shared",)
STOPS = True


def apply() -> None:
    """Refuse to prepare for any server."""
    from nova import exception
    from nova.compute import manager

    def refuse(self: Any, context: Any, instance: Any, *_rest: Any, **_named: Any) -> None:
        raise exception.NovaException("the network card of this host is on fire")

    manager.ComputeManager.pre_live_migration = refuse
