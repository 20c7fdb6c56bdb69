# SPDX-License-Identifier: Apache-2.0
"""Runs in a lab with Masakari: a host loses its power, and nobody but Masakari does anything.

Prints one line for each thing that holds, ``ok ...``, or does not, ``FAILED ...``.
"""

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openstack

from chaos.deadline import Deadline
from chaos.inventory import load_inventory
from chaos.power import bmc_power

FLAVOR = "m.shared"
BOOT_SECONDS = 180.0
# Detection, Nova's own waiting, evacuation; measured: 46 s.
RESCUE_SECONDS = 240.0
RETURN_SECONDS = 120.0


def wait(what: str, seconds: float, look: Callable[[], Any]) -> bool:
    """Look until it is so, and print whether it came to be so in time."""
    began = time.monotonic()
    for _ in Deadline.after(seconds).ticks(1.0):
        if look():
            print(f"ok {what} ({time.monotonic() - began:.0f} s)", flush=True)
            return True
    print(f"FAILED {what}: not within {seconds:.0f} s", flush=True)
    return False


def main() -> int:
    """Let it happen."""
    product = Path(os.environ["OS_CLIENT_CONFIG_FILE"]).parent
    inventory = load_inventory(product / "hosts.yaml")
    cloud = openstack.connect()
    watched = {
        host.name
        for segment in cloud.instance_ha.segments()
        for host in cloud.instance_ha.hosts(segment.uuid)
    }
    if not wait("every host is watched", 1, lambda: set(inventory.names) <= watched):
        return 1
    image = cloud.image.find_image("guest", ignore_missing=False)
    made = cloud.compute.create_server(
        name="rescued", image_id=image.id, flavor_id=FLAVOR, networks="none"
    )

    def server() -> Any:
        return cloud.compute.get_server(made.id)

    def service(host: str) -> Any:
        found = cloud.compute.services(binary="nova-compute", host=host)
        return next(iter(found))

    try:
        if not wait("a server runs", BOOT_SECONDS, lambda: server().status == "ACTIVE"):
            return 1
        source = server().compute_host
        power = bmc_power(inventory.host(source))
        assert power is not None
        power.off(Deadline.after(30))
        print(f"{source} is off", flush=True)
        try:
            moved = wait(
                "Masakari evacuated the server",
                RESCUE_SECONDS,
                lambda: server().compute_host != source and server().status == "ACTIVE",
            )
            moved &= wait(
                "its notification is finished",
                RETURN_SECONDS,
                lambda: [one.status for one in cloud.instance_ha.notifications()] == ["finished"],
            )
            moved &= wait(
                "the dead host is disabled", 1, lambda: service(source).status == "disabled"
            )
        finally:
            power.on(Deadline.after(30))
        back = wait("the host is back", RETURN_SECONDS, lambda: service(source).state == "up")
        cloud.compute.enable_service(service(source))
        stayed = wait("the server stays", 1, lambda: server().compute_host != source)
        return 0 if moved and back and stayed else 1
    finally:
        cloud.compute.delete_server(made.id, force=True)


if __name__ == "__main__":
    sys.exit(main())
