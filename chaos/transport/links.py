# SPDX-License-Identifier: Apache-2.0
"""The interfaces of a host: what stands on them, who is near, and whether SSH comes in there.

Asks the host with iproute2 and changes nothing. Knows a shell on the host; no fault.
"""

import json
import socket
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from chaos import errors
from chaos.deadline import Deadline
from chaos.inventory import Host
from chaos.transport.connecting import resolve
from chaos.transport.shell import HostShell

# A switch in user space reads packets where no filter of the kernel comes before it.
USERSPACE_SWITCHES = ("ovs-vswitchd",)

_VIRTUAL = frozenset({"vlan", "macvlan", "ipvlan"})
_NEVER_THERE = frozenset({"FAILED", "INCOMPLETE", "NOARP"})


@dataclass(frozen=True)
class Link:
    """One interface.

    :ivar network: what it is for, as the hosts file names it
    :ivar name: the interface
    :ivar addresses: where it is reached: its own, or those of the bridge, bond or VLAN on it
    :ivar neighbours: addresses that the host has met there lately
    :ivar carries_login: True if the login of the hosts file comes in there, as far as can be seen
    :ivar userspace: the switch in user space that it belongs to, or ""
    :ivar bare: True if it has no address of its own, so that nothing is lost when it goes down
    """

    network: str
    name: str
    addresses: tuple[str, ...] = ()
    neighbours: tuple[str, ...] = ()
    carries_login: bool = False
    userspace: str = ""
    bare: bool = False


def why_not(host: Host, networks: Sequence[str]) -> list[str]:
    """Return why networks of a host cannot be chosen; nothing if they can. Asks no host."""
    if not networks:
        return [f"No network of {host.name} is named; it has {_known(host)}."]
    strange = [one for one in networks if one not in host.networks]
    if strange:
        return [
            f"The hosts file names no network {', '.join(strange)} of {host.name}; it names "
            f"{_known(host)}: add the interface under networks."
        ]
    return []


def _known(host: Host) -> str:
    return ", ".join(host.networks) or "none"


def read_links(
    shell: HostShell, networks: Sequence[str], deadline: Deadline
) -> tuple[Link, ...]:
    """Look at the interfaces of networks, in their order.

    :raises chaos.errors.ShellError: if the host cannot be asked, or has no such interface
    """
    host = shell.host
    listed = _devices(_json(shell, ["ip", "-j", "-d", "address", "show"], deadline))
    met = _json(shell, ["ip", "-j", "neighbour", "show"], deadline)
    sockets = shell.run(
        ["ss", "--packet", "--all", "--numeric", "--processes", "--no-header"], deadline
    ).stdout
    login = _resolved(host.ssh.address, deadline)
    nowhere = not any(login & set(_addresses(one)) for one in listed.values())
    found = []
    for network in networks:
        name = host.networks[network]
        if name not in listed:
            raise errors.ShellError(
                f"{host.name} has no interface {name}",
                expected="one of " + ", ".join(sorted(listed)),
                remedy="correct networks in the hosts file",
            )
        userspace = _switch(sockets, name)
        bridge = _bridge(shell, name, deadline) if _switched(listed[name], userspace) else ""
        stack = _stack(listed, name, bridge)
        addresses = tuple(a for one in stack for a in _addresses(listed[one]))
        found.append(
            Link(
                network,
                name,
                addresses,
                _neighbours(met, stack),
                # An address that no interface has is translated on the way: taken for this one.
                bool(login & set(addresses)) or (nowhere and network == "management"),
                userspace,
                not _addresses(listed[name]),
            )
        )
    return tuple(found)


def _json(shell: HostShell, argv: Sequence[str], deadline: Deadline) -> list[dict[str, Any]]:
    text = shell.check(argv, deadline).stdout
    try:
        return [one for one in json.loads(text or "[]") if one]
    except ValueError as exc:
        raise errors.ShellError(
            f"{' '.join(argv)} on {shell.host.name} printed no JSON",
            remedy="install iproute2 4.14 or newer there",
        ) from exc


def _devices(listed: Iterable[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {one["ifname"]: one for one in listed if "ifname" in one}


def _addresses(device: Mapping[str, Any]) -> list[str]:
    return [
        one["local"]
        for one in device.get("addr_info", ())
        if one.get("scope") == "global" and "local" in one
    ]


def _switched(device: Mapping[str, Any], userspace: str) -> bool:
    """Tell whether an interface is a port of Open vSwitch, in the kernel or not."""
    return bool(userspace) or device.get("master") == "ovs-system"


def _bridge(shell: HostShell, name: str, deadline: Deadline) -> str:
    argv = ["ovs-vsctl", "--timeout=5", "iface-to-br", name]
    done = shell.run(argv, deadline)
    return done.stdout.strip() if done.exit_status == 0 else ""


def _stack(listed: Mapping[str, Mapping[str, Any]], name: str, bridge: str) -> list[str]:
    """Return the interface and all that stands on it: bond, bridge, VLANs."""
    stack = [name]
    if bridge in listed:
        stack.append(bridge)
    for one in stack:
        over = [str(listed[one].get("master", ""))]
        over += [
            other
            for other, device in listed.items()
            if device.get("link") == one
            and device.get("linkinfo", {}).get("info_kind") in _VIRTUAL
        ]
        # The list grows while it is walked: what stands on a bond is found too.
        stack += [each for each in over if each in listed and each not in stack]
    return stack


def _neighbours(met: Iterable[Mapping[str, Any]], stack: Sequence[str]) -> tuple[str, ...]:
    return tuple(
        one["dst"]
        for one in met
        if one.get("dev") in stack
        and not str(one.get("dst", "fe80")).lower().startswith("fe80")
        and not _NEVER_THERE & set(one.get("state", ()))
    )


def _switch(sockets: str, name: str) -> str:
    """Find a switch in user space that reads from an interface, in what ``ss`` says."""
    for line in sockets.splitlines():
        words = line.split()
        if any(word.rpartition(":")[2] == name for word in words):
            for switch in USERSPACE_SWITCHES:
                if f'"{switch}"' in line:
                    return switch
    return ""


def _resolved(address: str, deadline: Deadline) -> set[str]:
    try:
        found = resolve(address, None, deadline)
    except OSError:
        return {address}
    return {str(one[4][0]) for one in found}


def runner_address(host: Host) -> str:
    """Return the address with which this machine reaches a host, or "": sends nothing."""
    try:
        found = socket.getaddrinfo(host.ssh.address, 9, type=socket.SOCK_DGRAM)
        with socket.socket(*found[0][:2]) as probe:
            probe.connect(found[0][4])
            return str(probe.getsockname()[0])
    except OSError:
        return ""
