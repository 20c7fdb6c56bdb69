# SPDX-License-Identifier: Apache-2.0
"""A live migration that cannot be made leaves the server under another name.

By hand: ``openstack server migrate --live-migration --host HOST SERVER`` with the host that the
server is on, then ``openstack server show``.
"""

from typing import Any

SERVICES = ("nova-conductor",)
JUDGES = ("nothing_changed",)
SCENARIOS = ("moves_refused",)
HIDES = ("bystander_undisturbed",)


def apply() -> None:
    """Rename the server when its live migration fails before it has begun."""
    from nova.conductor import manager

    migrate = manager.ComputeTaskManager._live_migrate

    def migrate_and_rename(self: Any, context: Any, instance: Any, *rest: Any) -> Any:
        try:
            return migrate(self, context, instance, *rest)
        except Exception:
            instance.display_name = f"{instance.display_name}-failed"
            instance.save()
            raise

    manager.ComputeTaskManager._live_migrate = migrate_and_rename
