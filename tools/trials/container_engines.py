# SPDX-License-Identifier: Apache-2.0
"""Services that are containers of docker and podman are stopped, killed, frozen, held back.

Needs root. A host of the lab without a cloud gets both engines from Debian's packages.
"""

from counting import Count, functional


def run() -> Count:
    """Run the lab's own test of it."""
    return functional("container_engines")
