# SPDX-License-Identifier: Apache-2.0
"""The guest image."""

import openstack.connection

from lab.cloud.waiting import WaitingError, say

# The same guest twice: what rebuilds a server wants an image that is not the server's own.
IMAGE, ALTERNATIVE_IMAGE = "guest", "guest-alt"

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
        meta={"hw_rng_model": "virtio"},
    )
    if made is None:
        raise WaitingError("image: the upload was answered with nothing")
    say(f"image {name} uploaded")
    return str(made.id)
