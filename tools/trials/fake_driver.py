# SPDX-License-Identifier: Apache-2.0
"""Twenty-four hosts of Nova's fake driver: hundreds of servers, one host dies, all are deleted.

Prints how many of what and how many seconds each took. The hosts are hosts (SSH, BMC, a switch of
their own), only the guests are entries in the memory of nova-compute.
"""

import concurrent.futures
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

from counting import Count
from on_lab import COMMAND, Checks, OnLab, prove_on_lab, until

HOSTS, SERVERS = 24, 200
SOURCE = "compute1"
PREFIX = "scale"
SECONDS = 900
AT_ONCE = 6


def run() -> Count:
    """Make the lab and try it."""
    return prove_on_lab("fake-driver", prove, "--driver", "fake", "--computes", str(HOSTS))


def prove(lab: OnLab, checks: Checks, hosts: int = HOSTS, servers: int = SERVERS) -> None:
    """Try the lab that is up."""
    checks.check(f"a lab of {hosts} hosts comes up", True, f"{lab.seconds:.0f} s")
    up = lab.ask(hosts_up)
    checks.check(f"{hosts} compute services are up", len(up) == hosts, len(up))
    file = str(lab.product / "hosts.yaml")
    reached = lab.exec("--", COMMAND, "hosts", "check", "--hosts", file)
    said = reached.stderr.strip()
    checks.check("every host answers SSH and its BMC", reached.returncode == 0, said)
    made = lab.ask(make, servers)
    checks.check(
        f"{servers} servers become ACTIVE", made["states"] == {"ACTIVE": servers}, made
    )
    # Which of equal hosts the scheduler takes is its own affair.
    checks.check("more than half of the hosts have some", 2 * made["hosts"] > hosts, made["hosts"])
    lab.power(SOURCE, "off")
    moved = lab.ask(evacuate, SOURCE)
    checks.check(
        f"all servers of {SOURCE} are evacuated",
        moved["left"] == 0 < moved["servers"] == moved["records"].get("done"),
        moved,
    )
    lab.power(SOURCE, "on")
    back = lab.ask(give_back, SOURCE)
    checks.check(
        f"{SOURCE} comes back and completes every evacuation",
        back["records"] == {"completed": moved["servers"]},
        back,
    )
    gone = lab.ask(delete_all)
    checks.check("all are deleted", gone["servers"] == 0, gone)
    checks.check("no port and no allocation is left", gone["ports"] == gone["allocations"] == 0)


# --- on the runner's side ------------------------------------------------------------------------


def hosts_up(cloud: Any) -> list[str]:
    """Return the hosts whose nova-compute is up and enabled."""
    return [
        service.host
        for service in cloud.compute.services(binary="nova-compute")
        if (service.state, service.status) == ("up", "enabled")
    ]


def make(cloud: Any, count: int) -> dict[str, Any]:
    """Make servers, each by a request of its own, on a network of their own."""
    began = time.monotonic()
    network = cloud.network.create_network(name=PREFIX)
    cloud.network.create_subnet(network_id=network.id, ip_version=4, cidr="10.77.0.0/21")
    image = cloud.image.find_image("guest").id
    flavor = cloud.compute.find_flavor("m.fake").id

    def one(number: int) -> None:
        cloud.compute.create_server(
            name=f"{PREFIX}-{number}",
            image_id=image,
            flavor_id=flavor,
            networks=[{"uuid": network.id}],
        )

    _each(one, range(count))
    asked = time.monotonic() - began
    until("all servers are built", SECONDS, lambda: "BUILD" not in _states(cloud))
    servers = _servers(cloud)
    return {
        "states": dict(Counter(server.status for server in servers)),
        "hosts": len({server.compute_host for server in servers}),
        "seconds_to_ask": round(asked, 1),
        "seconds": round(time.monotonic() - began, 1),
    }


def evacuate(cloud: Any, host: str) -> dict[str, Any]:
    """Evacuate a host as soon as the cloud sees that it is down."""
    began = time.monotonic()
    until(f"{host} is seen down", SECONDS, lambda: host not in hosts_up(cloud))
    down = time.monotonic() - began
    servers = [server.id for server in _servers(cloud) if server.compute_host == host]

    def one(server: str) -> None:
        cloud.compute.post(f"/servers/{server}/action", json={"evacuate": {}}).raise_for_status()

    _each(one, servers)

    def ended() -> bool:
        records = _evacuations(cloud, host)
        return len(records) == len(servers) and not {"accepted", "pre-migrating"} & set(records)

    until("the evacuations end", SECONDS, ended)
    return {
        "servers": len(servers),
        "left": sum(server.compute_host == host for server in _servers(cloud)),
        "records": dict(Counter(_evacuations(cloud, host))),
        "states": dict(Counter(server.status for server in _servers(cloud))),
        "seconds_until_down": round(down, 1),
        "seconds": round(time.monotonic() - began, 1),
    }


def give_back(cloud: Any, host: str) -> dict[str, Any]:
    """Wait until a host is up and has completed its evacuations."""
    began = time.monotonic()
    until(f"{host} is seen up", SECONDS, lambda: host in hosts_up(cloud))
    until(
        "the records are completed",
        SECONDS,
        lambda: set(_evacuations(cloud, host)) == {"completed"},
    )
    records = dict(Counter(_evacuations(cloud, host)))
    return {"records": records, "seconds": round(time.monotonic() - began, 1)}


def delete_all(cloud: Any) -> dict[str, Any]:
    """Delete all servers and their network; return what is left."""
    began = time.monotonic()
    _each(lambda server: cloud.compute.delete_server(server.id), _servers(cloud))
    until("all servers are gone", SECONDS, lambda: not _servers(cloud))
    seconds = time.monotonic() - began
    network = cloud.network.find_network(PREFIX)
    ports = [
        port for port in cloud.network.ports(network_id=network.id)
        if (port.device_owner or "").startswith("compute:")
    ]  # fmt: skip
    allocations = 0
    for provider in cloud.placement.resource_providers():
        held = cloud.placement.get(f"/resource_providers/{provider.id}/allocations").json()
        allocations += len(held["allocations"])
    cloud.network.delete_network(network)
    return {
        "servers": len(_servers(cloud)),
        "ports": len(ports),
        "allocations": allocations,
        "seconds": round(seconds, 1),
    }


def _servers(cloud: Any) -> list[Any]:
    return list(cloud.compute.servers(details=True, name=f"^{PREFIX}-"))


def _states(cloud: Any) -> set[str]:
    return {server.status for server in _servers(cloud)}


def _evacuations(cloud: Any, host: str) -> list[str]:
    """Return the states of the host's evacuation records."""
    records = cloud.compute.migrations(migration_type="evacuation", source_compute=host)
    return [record.status for record in records]


def _each(work: Callable[[Any], object], things: Any) -> None:
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        for _ in pool.map(work, things):
            pass
