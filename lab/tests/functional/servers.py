# SPDX-License-Identifier: Apache-2.0
"""Servers of the cloud that the environment names, as an ordinary client has them made.

``python -m lab.tests.functional.servers boot NAME|list|services``, run by ``lab exec``; needs
openstacksdk, and knows nothing of labs.
"""

import sys
import time

import openstack

IMAGE, FLAVOR = "guest", "m.shared"
SPEAKS = "addresses:"
SECONDS = 240


def boot(cloud: openstack.connection.Connection, name: str) -> None:
    """Boot a server without a network, and return when its console shows that it runs."""
    image, flavor = cloud.image.find_image(IMAGE), cloud.compute.find_flavor(FLAVOR)
    server = cloud.compute.create_server(
        name=name, image_id=image.id, flavor_id=flavor.id, networks="none"
    )
    cloud.compute.wait_for_server(server, wait=SECONDS)
    end = time.monotonic() + SECONDS
    while SPEAKS not in (log := cloud.compute.get_server_console_output(server)["output"]):
        if time.monotonic() > end:
            raise SystemExit(f"{name} says nothing of its own: {log[-500:]}")
        time.sleep(1)
    print(f"{name} runs")


def main() -> None:
    """Do what the command line says."""
    verb, *names = sys.argv[1:]
    cloud = openstack.connect()
    if verb == "boot":
        boot(cloud, *names)
    elif verb == "list":
        for server in cloud.compute.servers():
            print(server.name, server.status)
    else:
        for service in cloud.compute.services():
            print(service.binary, service.host, service.state)


if __name__ == "__main__":
    main()
