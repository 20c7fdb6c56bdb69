# SPDX-License-Identifier: Apache-2.0
"""The disk of a rescue system stays on its host when the rescue has ended.

By hand: ``openstack server rescue``, ``openstack server unrescue``, then on a host with local
disks ``ls /var/lib/nova/instances/*/*.rescue``.
"""

from types import SimpleNamespace
from typing import Any

SERVICES = ("nova-compute",)
JUDGES = ("rescue_left_nothing",)
STORAGES = ("ephemeral",)
SCENARIOS = ("rescue_unrescue",)


def apply() -> None:
    """Let unrescuing find no file that is to be removed."""
    from nova.virt.libvirt import driver

    def nothing(_: Any) -> tuple[str, ...]:
        return ()

    driver.glob = SimpleNamespace(iglob=nothing)
