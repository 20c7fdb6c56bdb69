# SPDX-License-Identifier: Apache-2.0
"""Everything that the cloud's APIs show of a cloud, as lines that can be compared.

Runs as a process of its own in the lab's network (see `lab.lifecycle.runner`); changes nothing.
A thing is a line with what may not change about it; what comes and goes by itself is left out.
"""

import concurrent.futures
import json
import sys
from collections.abc import Callable, Iterator

import openstack
import openstack.exceptions

from lab.cloud import inventory
from lab.cloud.inventory import Connection, Item, Kind, ask
from lab.cloud.waiting import say

Lines = list[str]

# Each with what of its items is compared, besides the ID and the name.
_LISTED: tuple[tuple[Kind, tuple[str, ...]], ...] = (
    (inventory.SERVERS, ("status",)),
    (inventory.VOLUMES, ("status",)),
    (inventory.SNAPSHOTS, ("status",)),
    (inventory.VOLUME_TYPES, ("extra_specs",)),
    (inventory.IMAGES, ("status", "checksum")),
    (inventory.FLOATING_IPS, ("floating_ip_address",)),
    (inventory.ROUTERS, ("status",)),
    (Kind("ports", "network", "/ports"), ("device_owner", "binding:host_id")),
    (inventory.NETWORKS, ("subnets",)),
    (inventory.SECURITY_GROUPS, ()),
    (
        Kind("flavors", "compute", "/flavors/detail", "is_public=None"),
        ("ram", "disk", "vcpus", "extra_specs"),
    ),
    (inventory.AGGREGATES, ("hosts", "metadata")),
    (inventory.SERVER_GROUPS, ("members",)),
    (inventory.USERS, ("enabled",)),
    (inventory.PROJECTS, ("enabled",)),
)


def contents(cloud: Connection) -> dict[str, Lines]:
    """Return the lines by kind, sorted.

    :raises openstack.exceptions.HttpException: the cloud refuses to answer.
    """
    looks: dict[str, Callable[[Connection], Iterator[str]]] = {
        "attachments": _attachments,
        "allocations": _allocations,
        "key pairs": _key_pairs,
        "services": _services,
        "usages": _usages,
    }

    def listed(one: tuple[Kind, tuple[str, ...]]) -> Lines:
        kind, fields = one
        return sorted(_line(item, fields) for item in kind.list(cloud))

    names = [kind.name for kind, _ in _LISTED]
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        lists = dict(zip(names, pool.map(listed, _LISTED), strict=True))
        others = pool.map(lambda look: sorted(look(cloud)), looks.values())
        return {**lists, **dict(zip(looks, others, strict=True))}


def _line(item: Item, fields: tuple[str, ...]) -> str:
    values = [f"{name}={json.dumps(item.get(name), sort_keys=True)}" for name in fields]
    return " ".join([inventory.identifier(item), str(item.get("name") or ""), *values])


def _attachments(cloud: Connection) -> Iterator[str]:
    found = ask(cloud, "block_storage", "GET", "/attachments/detail?all_tenants=1")
    for one in found["attachments"]:
        yield f"{one['id']} of {one['volume_id']} to {one['instance']} {one['status']}"


def _allocations(cloud: Connection) -> Iterator[str]:
    for provider in ask(cloud, "placement", "GET", "/resource_providers")["resource_providers"]:
        path = f"/resource_providers/{provider['uuid']}/allocations"
        for consumer, held in ask(cloud, "placement", "GET", path)["allocations"].items():
            amounts = json.dumps(held["resources"], sort_keys=True)
            yield f"{consumer} on {provider['name'] or provider['uuid']} {amounts}"


def _key_pairs(cloud: Connection) -> Iterator[str]:
    users = [inventory.identifier(user) for user in inventory.USERS.list(cloud)]
    for user, name in inventory.key_pairs(cloud, users):
        yield f"{name} of {user}"


def _services(cloud: Connection) -> Iterator[str]:
    for service in ("compute", "block_storage"):
        for one in ask(cloud, service, "GET", "/os-services")["services"]:
            forced = " forced down" if one.get("forced_down") else ""
            yield f"{one['binary']} {one['host']} {one['status']} {one['state']}{forced}"
    for one in ask(cloud, "network", "GET", "/agents")["agents"]:
        alive = "alive" if one["alive"] else "dead"
        yield f"{one['binary']} {one['host']} {alive} {json.dumps(one['admin_state_up'])}"


# Neutron makes a default group, with its rules, for whatever project is asked about.
_BY_ASKING = frozenset({"security_group", "security_group_rule"})


def _usages(cloud: Connection) -> Iterator[str]:
    for project in inventory.PROJECTS.list(cloud):
        name, of = project["name"], project["id"]
        asked = (
            ("compute", f"/os-quota-sets/{of}/detail", "quota_set", "in_use"),
            ("block_storage", f"/os-quota-sets/{of}?usage=True", "quota_set", "in_use"),
            ("network", f"/quotas/{of}/details", "quota", "used"),
        )
        for service, path, key, used in asked:
            for what, amounts in ask(cloud, service, "GET", path)[key].items():
                if what in _BY_ASKING:
                    continue
                if isinstance(amounts, dict) and amounts.get(used):
                    yield f"{name}: {what} {amounts[used]}"
                if isinstance(amounts, dict) and amounts.get("reserved"):
                    yield f"{name}: {what} reserved {amounts['reserved']}"


def main() -> int:
    """Print them as JSON."""
    wanted = json.load(sys.stdin)
    try:
        print(json.dumps(contents(openstack.connect(cloud=wanted["cloud"]))))
    except openstack.exceptions.SDKException as error:
        say(f"FAILED {error}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
