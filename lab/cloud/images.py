# SPDX-License-Identifier: Apache-2.0
"""The guest image."""

import openstack.connection

from lab.cloud.waiting import WaitingError, say

# The same guest twice: what rebuilds a server wants an image that is not the server's own.
IMAGE, ALTERNATIVE_IMAGE = "guest", "guest-alt"
# The other one is what servers are rescued with: Nova rescues those on volumes only with an image
# that says how its disk is to be attached.
RESCUE = {"hw_rescue_device": "disk", "hw_rescue_bus": "virtio"}

Connection = openstack.connection.Connection


def make_image(cloud: Connection, name: str, path: str) -> str:
    """Upload the guest image by this name and return its ID."""
    known = [str(image.id) for image in cloud.image.images(name=name)]
    if known:
        return known[0]
    made = cloud.create_image(
        name,
        filename=path,
        disk_format="raw",
        container_format="bare",
        visibility="public",
        wait=True,
        validate_checksum=False,
        meta={"hw_rng_model": "virtio", **(RESCUE if name == ALTERNATIVE_IMAGE else {})},
    )
    if made is None:
        raise WaitingError("image: the upload was answered with nothing")
    say(f"image {name} uploaded")
    return str(made.id)
