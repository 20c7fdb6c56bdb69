# SPDX-License-Identifier: Apache-2.0
"""Images of servers of the cloud in memory, and the volume snapshots that belong to them.

An image is a folder with what the server's folder held. May not know: who asks for it.
"""

from __future__ import annotations

import shutil

from migration_tests.tests.unit.fake_api import refusal

GIB = 1024**3


class FakeImages:
    """Images are made, and servers from them."""

    def create_image(self, server, values):
        if not self.behaviour.images:
            raise refusal(409, f"Cannot 'createImage' instance {server}")
        image = self.fresh_id("22222222")
        volume = self.kind(server) == "volume"
        made = {"id": image, "name": values["name"], "status": "queued", "size": None}
        self.images[image] = made
        action = self.act(server, "createImage", "compute_snapshot_instance")
        action["left"] = 0
        self.busy(server, "image_snapshot_pending")
        if not self.behaviour.images_end:
            self.coming[server] = [lambda: self.runs(server)]
            return {"image_id": image}

        def end():
            self.runs(server)
            if self.behaviour.images_fail:
                del self.images[image]
                return
            if self.behaviour.images_hold_data:
                ignored = shutil.ignore_patterns(".boot_id")
                shutil.copytree(self.folder / server, self.folder / image, ignore=ignored)
            else:
                (self.folder / image).mkdir()
            if volume:
                snapshot = f"snapshot-{server}"
                name = f"snapshot for {values['name']}"
                self.snapshots[snapshot] = {"id": snapshot, "name": name, "status": "available"}
                mapping = f'[{{"snapshot_id": "{snapshot}", "boot_index": 0}}]'
                self.images[image] |= {"block_device_mapping": mapping}
            self.images[image] |= {"status": "active", "size": 0 if volume else GIB}
            if not self.behaviour.images_spare_server:
                self.end_writers(server)
                self.new_boot(server)

        self.coming[server] = [lambda: self.busy(server, "image_uploading"), end]
        return {"image_id": image}

    def boot_from_image(self, server, values):
        """Give a new server what the image has."""
        image = values.get("imageRef")
        if image in self.images:
            shutil.copytree(self.folder / image, self.folder / server, dirs_exist_ok=True)

    def in_zone(self, zone):
        """A host that a server comes to which is asked for in a zone."""
        hosts = list(self.services)
        inside = [host for host in hosts if self.zone(host) == zone]
        if self.behaviour.loses == "zone":
            inside = [host for host in hosts if host not in inside]
        return inside[0] if zone and inside else hosts[0]

    def list_images(self, params):
        return {"images": [one for one in self.images.values() if one["name"] == params["name"]]}

    def show_image(self, image):
        if image in self.images:
            return self.images[image]
        if image != "image":
            raise refusal(404, f"No image found with ID {image}")
        return {
            "id": image,
            "status": "active",
            "hw_rescue_device": "disk",
            "hw_rescue_bus": "virtio",
        }

    def delete_image(self, image):
        del self.images[image]

    def list_snapshots(self, name):
        return {"snapshots": [one for one in self.snapshots.values() if one["name"] == name]}

    def delete_snapshot(self, snapshot):
        if any(one["name"].endswith("-copy") for one in self.servers.values()):
            raise refusal(400, "The snapshot is busy.")
        del self.snapshots[snapshot]
