# SPDX-License-Identifier: Apache-2.0
"""The lab's cables: which port of the lab's switches a host hangs on, network by network.

Ports are known by their names, which stay the same when a host is started again and its cables
are made anew.
"""

import dataclasses
from collections.abc import Iterator

from lab.core import containers
from lab.faults.fault import FaultError
from lab.hosts.engine import LabEngine
from lab.model.networks import INTERFACES
from lab.model.plan import Host


@dataclasses.dataclass(frozen=True)
class Cable:
    """A host's link to one network.

    :param interface: its end in the host.
    :param port: its end at the switch.
    :param bridge: the switch.
    :param mac: of the host's end.
    """

    host: Host
    network: str
    interface: str
    port: str
    bridge: str
    mac: str


def cables(engine: LabEngine, host: Host) -> Iterator[Cable]:
    """Return all cables of a host."""
    names = {interface: network for network, interface in INTERFACES.items()}
    for number, each in enumerate(engine.layout.host(host.name).interfaces):
        port = containers.port(host.name, number)
        yield Cable(host, names[each.name], each.name, port, each.bridge, each.mac)


def cable(engine: LabEngine, host: Host, network: str) -> Cable:
    """Return a host's cable to `network`.

    :raises FaultError: it has none; says which it has.
    """
    there = {each.network: each for each in cables(engine, host)}
    if network not in there:
        known = ", ".join(there)
        raise FaultError(f"{host.name} has no link to a network {network!r}; it has: {known}.")
    return there[network]
