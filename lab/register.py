# SPDX-License-Identifier: Apache-2.0
"""Fills a fresh cloud with what every cloud has: an image, flavors, a public network, zones.

Runs as a process of its own in the lab's network (``python -m lab.register``), reads what to make
as JSON from standard input and writes IDs as JSON to standard output, progress to standard error.
Speaks only the cloud's public API; doing it twice changes nothing.
"""

import concurrent.futures
import json
import sys
import time
from collections.abc import Callable
from typing import Any

import openstack
import openstack.connection
import openstack.exceptions

from lab import inventory, register_masakari
from lab.waiting import WaitingError, say, wait_for

PUBLIC = "public"
# The same guest twice: what rebuilds a server wants an image that is not the server's own.
IMAGE, ALTERNATIVE_IMAGE = "guest", "guest-alt"
MULTIATTACH = "multiattach"
BACKEND_SPEC = "volume_backend_name"
STORAGE_SPEC = "aggregate_instance_extra_specs:storage"
SHARED_MIB, ALTERNATIVE_MIB = 128, 160
DISK_GIB = 1

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


def make_flavors(cloud: Connection, kinds: list[str]) -> None:
    """Make a flavor for each kind of storage, and another a little larger to resize to.

    Besides there is one for servers that may be on any host.
    """
    known = {flavor.id for flavor in cloud.compute.flavors(is_public=None)}
    for kind in ("volume", "any", *kinds):
        for suffix, ram in (("", SHARED_MIB), ("-alt", ALTERNATIVE_MIB)):
            name = f"m.{kind}{suffix}"
            if name in known:
                continue
            disk = 0 if kind == "volume" else DISK_GIB
            flavor = cloud.compute.create_flavor(
                id=name, name=name, ram=ram, vcpus=1, disk=disk, is_public=True
            )
            if kind in kinds:
                cloud.compute.create_flavor_extra_specs(flavor, {STORAGE_SPEC: kind})
    say("flavors made")


def make_network(cloud: Connection, wanted: dict[str, str]) -> str:
    """Make the public network and return its ID."""
    network = cloud.network.find_network(PUBLIC) or cloud.network.create_network(
        name=PUBLIC,
        is_router_external=True,
        provider_network_type="flat",
        provider_physical_network=wanted["physical"],
    )
    if not cloud.network.find_subnet(PUBLIC):
        cloud.network.create_subnet(
            name=PUBLIC,
            network_id=network.id,
            ip_version=4,
            cidr=wanted["cidr"],
            gateway_ip=wanted["gateway"],
            is_dhcp_enabled=False,
            allocation_pools=[{"start": wanted["first"], "end": wanted["last"]}],
        )
    say("public network made")
    return network.id


def group_hosts(cloud: Connection, hosts: list[dict[str, str]], deadline: float) -> None:
    """Put each compute host into its zone and its storage aggregate, once Nova knows it."""
    names = {host["name"] for host in hosts}

    def unknown() -> str:
        services = [one for one in cloud.compute.services() if one.state == "up"]
        # It learns of aggregates by a message to all schedulers there are: one that is sent before
        # it listens, and that is before its first report, would be lost for good.
        if not any(one.binary == "nova-scheduler" and one.updated_at for one in services):
            return "nova-scheduler does not listen yet"
        up = {one.host for one in services if one.binary == "nova-compute"}
        return "" if names <= up else f"nova-compute of {', '.join(sorted(names - up))} is not up"

    def unmapped() -> str:
        mapped = {hypervisor.name for hypervisor in cloud.compute.hypervisors()}
        return "" if names <= mapped else f"no hypervisor of {', '.join(sorted(names - mapped))}"

    wait_for("compute services", deadline, unknown)
    wait_for("hypervisors", deadline, unmapped)
    say("compute services up")
    groups: dict[str, dict[str, Any]] = {}
    for host in hosts:
        kind, zone = host["kind"], host["zone"]
        storage = groups.setdefault(f"storage-{kind}", {"zone": None, "kind": kind, "hosts": []})
        storage["hosts"].append(host["name"])
        groups.setdefault(zone, {"zone": zone, "kind": None, "hosts": []})["hosts"].append(
            host["name"]
        )
    for name, group in groups.items():
        aggregate = cloud.compute.find_aggregate(name) or cloud.compute.create_aggregate(
            name=name, availability_zone=group["zone"]
        )
        if group["kind"]:
            cloud.compute.set_aggregate_metadata(aggregate, {"storage": group["kind"]})
    members = {name: group["hosts"] for name, group in groups.items()}
    wait_for("aggregates", deadline, lambda: place_hosts(cloud, members))
    say("zones and aggregates made")


def place_hosts(cloud: Connection, members: dict[str, list[str]]) -> str:
    """Take a step towards the aggregates' wanted `members`; return what was not so yet.

    Nova copies every membership to Placement, which finds a zone's hosts by it. Placement answers
    500 when it is busy with the same host (a deadlock in its database), and Nova then says no
    more than a line in its log: so look there, and take a host out that is to be put in again.
    """
    aggregates = {aggregate.name: aggregate for aggregate in cloud.compute.aggregates()}
    known = {
        provider.name: cloud.placement.fetch_resource_provider_aggregates(provider).aggregates
        for provider in cloud.placement.resource_providers()
    }
    missing = []
    for name, hosts in members.items():
        aggregate = aggregates[name]
        for host in hosts:
            if host not in (aggregate.hosts or []):
                cloud.compute.add_host_to_aggregate(aggregate, host)
            elif aggregate.uuid not in (known.get(host) or []):
                cloud.compute.remove_host_from_aggregate(aggregate, host)
            else:
                continue
            missing.append(f"{host} is not in {name}")
    return ", ".join(missing)


def make_multiattach_type(cloud: Connection) -> str:
    """Make a type of volume that several servers can have at once, and return its name."""
    if MULTIATTACH not in {kind.name for kind in cloud.block_storage.types()}:
        cloud.block_storage.create_type(name=MULTIATTACH, extra_specs={"multiattach": "<is> True"})
    return MULTIATTACH


def make_volume_types(cloud: Connection, backends: list[str]) -> None:
    """Make a volume type for each backend, called like it, and none for a backend there is not."""
    known = {kind.name: kind for kind in cloud.block_storage.types()}
    for name in backends:
        if name not in known:
            cloud.block_storage.create_type(name=name, extra_specs={BACKEND_SPEC: name})
    for kind in known.values():
        if (kind.extra_specs or {}).get(BACKEND_SPEC, backends[0]) not in backends:
            cloud.block_storage.delete_type(str(kind.id))
    say("volume types made")


def wait_for_agents(cloud: Connection, names: set[str], deadline: float) -> None:
    """Return when the network controller of every host is known and alive."""

    def missing() -> str:
        alive = {
            agent.host for agent in cloud.network.agents() if agent.is_alive
        }
        return "" if names <= alive else f"no live agent on {', '.join(sorted(names - alive))}"

    wait_for("network agents", deadline, missing)
    say("network agents alive")


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

    def image() -> dict[str, Any]:
        ready("image", lambda: list(cloud.image.images(limit=1)))
        path = wanted["image"]
        return {
            "image": make_image(cloud, IMAGE, path),
            "image_alt": make_image(cloud, ALTERNATIVE_IMAGE, path),
        }

    def network() -> dict[str, Any]:
        ready("network", lambda: list(cloud.network.networks(limit=1)))
        made = make_network(cloud, wanted["network"])
        wait_for_agents(cloud, {host["name"] for host in wanted["hosts"]}, deadline)
        extensions = sorted(extension.alias for extension in cloud.network.extensions())
        return {"public_network": made, "extensions": extensions}

    def compute() -> dict[str, Any]:
        ready("compute", lambda: list(cloud.compute.flavors(limit=1)))
        make_flavors(cloud, sorted({host["kind"] for host in wanted["hosts"]}))
        group_hosts(cloud, wanted["hosts"], deadline)
        return {}

    def volume() -> dict[str, Any]:
        ready("block storage", lambda: list(cloud.block_storage.types()))
        make_volume_types(cloud, wanted["volume_types"])
        names = wanted["volume_types"]
        wait_for("block storage services", deadline, lambda: _volume_services(cloud, names))
        say("storage pools known")
        return {"multiattach": make_multiattach_type(cloud)}

    ready("identity", cloud.authorize)
    masakari = wanted.get("masakari")
    if masakari:
        register_masakari.enlist(cloud, masakari)
        # The catalogue it has read already does not list it.
        cloud = openstack.connect(cloud=wanted["cloud"])
    try:
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            futures = [pool.submit(work) for work in (image, network, compute, volume)]
            results = [future.result() for future in futures]
        if masakari:
            ready("instance high availability", lambda: list(cloud.instance_ha.segments()))
            register_masakari.mind(cloud, [host["name"] for host in wanted["hosts"]])
            say("hosts minded")
    except (WaitingError, openstack.exceptions.SDKException) as error:
        say(f"FAILED {error}")
        return 1
    answer = {key: value for result in results for key, value in result.items()}
    print(json.dumps({**answer, "kept": inventory.note(cloud)}))
    return 0


def _volume_services(cloud: Connection, backends: list[str]) -> str:
    services = list(cloud.block_storage.services())
    up = {service.binary for service in services if service.state == "up"}
    missing = {"cinder-volume", "cinder-scheduler"} - up
    if missing:
        return f"{', '.join(sorted(missing))} is not up"
    # The scheduler learns of a place for volumes from a report that it may just have missed.
    pools = {
        pool.name.partition("@")[2].partition("#")[0]
        for pool in cloud.block_storage.backend_pools()
    }
    unknown = sorted(set(backends) - pools)
    return f"the scheduler knows of no pool of {', '.join(unknown)} yet" if unknown else ""


if __name__ == "__main__":
    sys.exit(main())
