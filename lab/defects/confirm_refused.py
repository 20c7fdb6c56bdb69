# SPDX-License-Identifier: Apache-2.0
"""The API refuses to confirm a move that waits for it.

By hand: ``openstack server migrate``, then ``openstack server migration confirm``.
"""

from typing import Any

SERVICES = ("nova-api",)
JUDGES = ("decision_completed",)
SCENARIOS = ("cold_migrate_confirm",)
STOPS = True


def apply() -> None:
    """Answer as if the server waited for nothing."""
    from nova import exception
    from nova.compute import api

    def refuse(self: Any, context: Any, instance: Any, migration: Any = None) -> None:
        raise exception.MigrationNotFoundByStatus(
            instance_id=instance.uuid, status="finished"
        )

    api.API.confirm_resize = refuse
