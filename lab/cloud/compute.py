# SPDX-License-Identifier: Apache-2.0
"""Flavors; compute hosts in their zones and aggregates."""

from typing import Any

import openstack.connection

from lab.cloud.waiting import say, wait_for

STORAGE_SPEC = "aggregate_instance_extra_specs:storage"
SHARED_MIB, ALTERNATIVE_MIB = 128, 160
DISK_GIB, ALTERNATIVE_DISK_GIB = 1, 2
SIZES = (("", SHARED_MIB, DISK_GIB), ("-alt", ALTERNATIVE_MIB, ALTERNATIVE_DISK_GIB))

Connection = openstack.connection.Connection


def make_flavors(cloud: Connection, kinds: list[str]) -> None:
    """Make a flavor for each kind of storage, and another a little larger to resize to.

    Besides there is one for servers that may be on any host.
    """
    known = {flavor.id for flavor in cloud.compute.flavors(is_public=None)}
    for kind in ("volume", "any", *kinds):
        for suffix, ram, size in SIZES:
            name = f"m.{kind}{suffix}"
            if name in known:
                continue
            disk = 0 if kind == "volume" else size
            flavor = cloud.compute.create_flavor(
                id=name, name=name, ram=ram, vcpus=1, disk=disk, is_public=True
            )
            if kind in kinds:
                cloud.compute.create_flavor_extra_specs(flavor, {STORAGE_SPEC: kind})
    say("flavors made")


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
