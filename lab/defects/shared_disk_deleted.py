# SPDX-License-Identifier: Apache-2.0
"""The returning source host takes shared storage for its own, and removes a server's disk.

The evacuated server runs on another host and has its disk open: nothing shows until it is started
anew. In a folder that hosts share the server's folder is deleted. Ceph deletes no image that is in
use; there the image is given another name, under which nobody finds it.
"""

from typing import Any

SERVICES = ("nova-compute",)
JUDGES = ("disk_in_place",)
STORAGES = ("shared",)
SCENARIOS = ("evacuate_shared",)


def apply() -> None:
    """Say, during the clean-up only, that no server's storage is shared."""
    from nova.compute import manager
    from nova.storage import rbd_utils

    clean_up = manager.ComputeManager._destroy_evacuated_instances

    def own(*_arguments: Any, **_named: Any) -> bool:
        return False

    def rename(self: Any, filter_fn: Any) -> None:
        with rbd_utils.RADOSClient(self, self.pool) as client:
            images = rbd_utils.RbdProxy()
            for name in filter(filter_fn, images.list(client.ioctx)):
                images.rename(client.ioctx, name, f"{name}.removed")

    def clean_up_too_much(self: Any, *arguments: Any) -> Any:
        as_published = rbd_utils.RBDDriver.cleanup_volumes
        rbd_utils.RBDDriver.cleanup_volumes = rename
        self._is_instance_storage_shared = own
        try:
            return clean_up(self, *arguments)
        finally:
            del self._is_instance_storage_shared
            rbd_utils.RBDDriver.cleanup_volumes = as_published

    manager.ComputeManager._destroy_evacuated_instances = clean_up_too_much
