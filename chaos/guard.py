# SPDX-License-Identifier: Apache-2.0
"""The guard: which hosts may not be disturbed now, each refusal one sentence with its rule.

Rules: the allow-list (``disturb``), never the machine the runner is on, at most so many hosts down
at once as the journals of all runs say, and whatever the caller adds. Decides on plain data; the
only thing it looks at by itself is the machine it runs on.
"""

import ipaddress
import socket
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from chaos.inventory import Host
from chaos.journal.registry import RunState, address
from chaos.transport.identity import Identity

# A rule of the caller: a sentence that refuses a host, or None.
HostRule = Callable[[Host], str | None]


@dataclass(frozen=True)
class Guard:
    """The rules that a fault has to pass.

    :ivar max_hosts_down: so many hosts may be down at once, by all runs of this machine together
    :ivar runner: the machine this process runs on
    :ivar further: the caller's own rules; each returns a sentence that refuses, or None
    """

    max_hosts_down: int = 1
    runner: Identity = field(default_factory=Identity.of_this_machine)
    further: tuple[HostRule, ...] = ()

    def of_inventory(self, host: Host) -> list[str]:
        """Refusals that follow from the hosts file alone."""
        reasons = []
        if not host.disturb:
            reasons.append(
                f"The hosts file does not allow it: set disturb: true for {host.name} "
                "if it may be disturbed."
            )
        if _is_own_address(host.ssh.address):
            reasons.append(
                f"{host.ssh.address} is an address of this machine: a run may not kill its own "
                "runner; start it from another machine."
            )
        reasons += [reason for rule in self.further if (reason := rule(host))]
        return reasons

    def of_identity(self, host: Host, identity: Identity) -> list[str]:
        """Refusals that follow from what the host says it is."""
        shared = self.runner.shared_with(identity)
        if shared is None:
            return []
        return [
            f"{host.name} is the machine this runs on (both have {shared}): a run may not kill "
            "its own runner; start it from another machine."
        ]

    def of_runs(self, host: Host, runs: Iterable[RunState]) -> list[str]:
        """Refusals that follow from what is injected already, by whatever run."""
        down: dict[str, str] = {}
        for run in runs:
            its = run.hosts_down()
            if address(host) in its or (not run.holder and host.name in its.values()):
                return [
                    f"The journal {run.journal} has an open entry for {host.name}: run "
                    "'migration-chaos recover' first."
                ]
            down |= its
        if len(down) >= self.max_hosts_down:
            names = ", ".join(sorted(down.values()))
            return [
                f"At most {self.max_hosts_down} host(s) may be down at once, and {names} already "
                "is: run 'migration-chaos recover' first, or allow more."
            ]
        return []


def _is_own_address(address: str) -> bool:
    """Tell if an address belongs to this machine, by asking the kernel's routes; sends nothing.

    Loopback is left to the comparison of identities: a tunnel to another machine ends there too.
    """
    try:
        found = socket.getaddrinfo(address, 9, type=socket.SOCK_DGRAM)
    except OSError:
        return False
    for family, kind, protocol, _, target in found:
        place = str(target[0])
        if ipaddress.ip_address(place.partition("%")[0]).is_loopback:
            continue
        try:
            with socket.socket(family, kind, protocol) as probe:
                probe.connect(target)
                if probe.getsockname()[0] == place:
                    return True
        except OSError:
            continue
    return False
