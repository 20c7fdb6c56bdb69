# SPDX-License-Identifier: Apache-2.0
"""Whether every server of the soak is well, and nothing is left of where it was.

Each check returns what is wrong in words, or nothing. What the API shows is compared with itself,
and what hosts have with what the API says they should.
"""

import concurrent.futures
from collections import Counter
from collections.abc import Callable, Collection

from lab.cloud.inventory import Item, ask
from lab.cloud.waiting import WaitingError, wait_for
from lab.soak.census import Census
from lab.soak.guests import GuestError
from lab.soak.tenant import Member, Tenant, home

# What a host has one of for each server on it.
_ONE_EACH = ("domains", "folders", "taps", "switch-ports", "qemu")


def guests(members: Collection[Member], deadline: float) -> list[str]:
    """Every guest answers, has all its acknowledged records, and takes another one."""

    def look(member: Member) -> str:
        try:
            member.guest.check(deadline)
            member.guest.write(deadline)
        except GuestError as error:
            return str(error)
        return ""

    with concurrent.futures.ThreadPoolExecutor(len(members)) as pool:
        return [text for text in pool.map(look, members) if text]


def _ports(tenant: Tenant, members: Collection[Member], servers: dict[str, Item]) -> str:
    found = ask(tenant.cloud, "network", "GET", "/ports")["ports"]
    ports = {port["id"]: port for port in found}
    wrong = []
    for member in members:
        port, host = ports[member.port], home(servers[member.server])
        if port["status"] != "ACTIVE":
            wrong.append(f"port of {member.name} is {port['status']}")
        if port["binding:host_id"] != host:
            bound = port["binding:host_id"]
            wrong.append(f"port of {member.name} is bound to {bound}, not {host}")
        bindings = ask(tenant.cloud, "network", "GET", f"/ports/{member.port}/bindings")
        if len(bindings["bindings"]) != 1:
            wrong.append(f"port of {member.name} has {len(bindings['bindings'])} bindings")
    return "; ".join(wrong)


def _allocations(tenant: Tenant, members: Collection[Member], servers: dict[str, Item]) -> str:
    cloud = tenant.cloud
    held: dict[str, list[str]] = {}
    for provider in ask(cloud, "placement", "GET", "/resource_providers")["resource_providers"]:
        path = f"/resource_providers/{provider['uuid']}/allocations"
        for consumer in ask(cloud, "placement", "GET", path)["allocations"]:
            held.setdefault(consumer, []).append(provider["name"])
    wrong = [
        f"{member.name} is allocated on {held.get(member.server)}"
        for member in members
        if held.get(member.server) != [home(servers[member.server])]
    ]
    strangers = set(held) - {member.server for member in members}
    wrong += [f"an allocation of {each} on {held[each]}" for each in sorted(strangers)]
    return "; ".join(wrong)


def _attachments(tenant: Tenant, members: Collection[Member], servers: dict[str, Item]) -> str:
    path = "/attachments/detail?all_tenants=1"
    found = ask(tenant.cloud, "block_storage", "GET", path)["attachments"]
    by_server = Counter(item["instance"] for item in found)
    wrong = [
        f"{member.name} has {by_server[member.server]} attachments"
        for member in members
        if by_server[member.server] != (1 if member.kind == "volume" else 0)
    ]
    strangers = set(by_server) - {member.server for member in members}
    return "; ".join([*wrong, *(f"an attachment of {each}" for each in sorted(strangers))])


def api(tenant: Tenant, members: Collection[Member], deadline: float) -> list[str]:
    """Every port is ACTIVE and bound where its server is; allocations and attachments are right.

    They may take a while to become so.
    """
    wrong = []
    looks: tuple[Callable[[Tenant, Collection[Member], dict[str, Item]], str], ...]
    looks = (_ports, _allocations, _attachments)
    for look in looks:
        try:
            wait_for(
                "wrong",
                deadline,
                lambda look=look: look(tenant, members, tenant.servers()),  # type: ignore[misc]
            )
        except WaitingError as error:
            wrong.append(str(error))
    return wrong


def hosts(tenant: Tenant, members: Collection[Member], census: Census, names: Collection[str]
          ) -> list[str]:  # fmt: skip
    """Hosts have exactly one of everything for each server on them."""
    servers = tenant.servers()
    there = Counter(home(servers[member.server]) for member in members)
    return [
        f"{host} has {census.of(host, thing)} {thing} for {there[host]} servers"
        for host in names
        for thing in _ONE_EACH
        if census.of(host, thing) != there[host]
    ]
