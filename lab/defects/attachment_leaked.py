# SPDX-License-Identifier: Apache-2.0
"""An evacuation leaves a second attachment of each of the server's volumes behind in Cinder.

Nova reserves the volume for the new host before it gives up the attachment of the dead one; here
it does so twice and forgets the first.
"""

from typing import Any

SERVICES = ("nova-compute",)
JUDGES = ("volume_attached_once",)
STORAGES = ("volume",)


def apply() -> None:
    """Reserve the volume once more when the old attachment is removed for a rebuild."""
    from nova.compute import manager

    detach = manager.ComputeManager._detach_volume

    def reserve_twice(
        self: Any, context: Any, bdm: Any, instance: Any, destroy_bdm: bool = True, **named: Any
    ) -> None:
        if not destroy_bdm:
            self.volume_api.attachment_create(context, bdm.volume_id, instance.uuid)
        detach(self, context, bdm, instance, destroy_bdm=destroy_bdm, **named)

    manager.ComputeManager._detach_volume = reserve_twice
