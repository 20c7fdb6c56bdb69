# SPDX-License-Identifier: Apache-2.0
"""Fills a fresh cloud with what every cloud has, all of it side by side.

Runs as a process of its own in the lab's network (``python -m lab.cloud``), reads what to make
as JSON from standard input and writes IDs as JSON to standard output, progress to standard error.
"""

import concurrent.futures
import json
import sys
import time
from collections.abc import Callable
from typing import Any

import openstack
import openstack.exceptions

from lab.cloud import compute, images, inventory, masakari, networks, volumes
from lab.cloud.waiting import WaitingError, say, wait_for


def main() -> int:
    """Do it all, side by side."""
    wanted = json.load(sys.stdin)
    deadline = time.monotonic() + wanted["seconds"]
    cloud = openstack.connect(cloud=wanted["cloud"])

    def ready(service: str, look: Callable[[], object]) -> None:
        def answer() -> str:
            look()
            return ""

        wait_for(service, deadline, answer)
        say(f"{service} answers")

    def guest() -> dict[str, Any]:
        ready("image", lambda: list(cloud.image.images(limit=1)))
        path = wanted["image"]
        return {
            "image": images.make_image(cloud, images.IMAGE, path),
            "image_alt": images.make_image(cloud, images.ALTERNATIVE_IMAGE, path),
        }

    def network() -> dict[str, Any]:
        ready("network", lambda: list(cloud.network.networks(limit=1)))
        made = networks.make_network(cloud, wanted["network"])
        networks.wait_for_agents(cloud, {host["name"] for host in wanted["hosts"]}, deadline)
        extensions = sorted(extension.alias for extension in cloud.network.extensions())
        return {"public_network": made, "extensions": extensions}

    def hosts() -> dict[str, Any]:
        ready("compute", lambda: list(cloud.compute.flavors(limit=1)))
        compute.make_flavors(cloud, sorted({host["kind"] for host in wanted["hosts"]}))
        compute.group_hosts(cloud, wanted["hosts"], deadline)
        return {}

    def volume() -> dict[str, Any]:
        ready("block storage", lambda: list(cloud.block_storage.types()))
        volumes.make_volume_types(cloud, wanted["volume_types"])
        names = wanted["volume_types"]
        wait_for("block storage services", deadline, volumes.VolumeServices(cloud, names).look)
        say("storage pools known")
        return {"multiattach": volumes.make_multiattach_type(cloud)}

    ready("identity", cloud.authorize)
    extra = wanted.get("masakari")
    if extra:
        masakari.enlist(cloud, extra)
        # The catalogue it has read already does not list it.
        cloud = openstack.connect(cloud=wanted["cloud"])
    try:
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            futures = [pool.submit(work) for work in (guest, network, hosts, volume)]
            results = [future.result() for future in futures]
        if extra:
            ready("instance high availability", lambda: list(cloud.instance_ha.segments()))
            masakari.mind(cloud, [host["name"] for host in wanted["hosts"]])
            say("hosts minded")
    except (WaitingError, openstack.exceptions.SDKException) as error:
        say(f"FAILED {error}")
        return 1
    answer = {key: value for result in results for key, value in result.items()}
    print(json.dumps({**answer, "kept": inventory.note(cloud)}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
