# SPDX-License-Identifier: Apache-2.0
"""Fault: a host is cut off some of its networks, or only off some peers on them, both ways.

By nftables on the host, in a table of its own that is removed whole. The hooks are those of the
interface itself: they come before bridges and before the kernel's Open vSwitch. A port of a switch
in user space is out of their reach on the way in, so it is put down as well.
"""

import ipaddress
from collections.abc import Sequence
from typing import Any

from chaos.deadline import Deadline
from chaos.faults.ruleset import ruleset
from chaos.faults.timed import TimedFault
from chaos.inventory import Host
from chaos.recovery import restore_network
from chaos.transport import links
from chaos.transport.links import Link
from chaos.witnesses import Witness
from chaos.witnesses.dropped_packets import DroppedPacketsWitness
from chaos.witnesses.icmp import IcmpWitness
from chaos.witnesses.neighbours import Neighbours
from chaos.witnesses.peers import PeersWitness
from chaos.witnesses.seen_from import SeenFromWitness
from chaos.witnesses.ssh_banner import SshBannerWitness
from chaos.witnesses.tcp import TcpWitness


class NetworkPartition(TimedFault):
    """Cut one host off networks, or off peers on them.

    :param networks: by name, as the hosts file has them under ``networks``
    :param peers: addresses; none cuts off everybody
    :param more: as :class:`chaos.faults.timed.TimedFault` takes them
    """

    kind = "network_partition"
    recovery = "restore_network"

    def __init__(
        self, host: Host, networks: Sequence[str], *, peers: Sequence[str] = (), **more: Any
    ) -> None:
        super().__init__(host, **more)
        self.networks = tuple(dict.fromkeys(networks))
        self.peers = tuple(dict.fromkeys(peers))
        self.table = restore_network.table_of(self.token)
        self.links: tuple[Link, ...] = ()
        self._neighbours = self._closing(Neighbours(self.run.inventory, host))
        self._rules = ""

    @property
    def driver(self) -> str:
        """What injects it."""
        return "nftables"

    @property
    def cuts_off(self) -> bool:
        """Whether the login comes in where it is cut."""
        runner = links.runner_address(self.host)
        return any(one.carries_login for one in self.links) and (
            not self.peers or not runner or runner in self.peers
        )

    def _check_options(self) -> list[str]:
        for one in self.peers:
            try:
                ipaddress.ip_address(one)
            except ValueError:
                return [f"A peer is given by its address, and {one!r} is none."]
        return links.why_not(self.host, self.networks)

    def _prepare(self, deadline: Deadline) -> list[str]:
        self.links = links.read_links(self.shell, self.networks, deadline)
        reasons = [reason for one in self.links if (reason := self._out_of_reach(one))]
        reasons = reasons or self._find_rules(deadline)
        if not reasons:
            cut = ", ".join(one.name for one in self._cut)
            self.how = f"nftables, table {restore_network.FAMILIES[0]} {self.table}"
            self.how += f" cuts {cut} in and out" if cut else ""
            self.how += f" from and to {', '.join(self.peers)}" if self.peers else ""
            for one in self._down:
                self.how += f"; {one.name}, a port of {one.userspace}, is put down"
            self._find_witnesses(deadline)
        return reasons

    @property
    def _cut(self) -> list[Link]:
        return [one for one in self.links if not one.userspace]

    @property
    def _down(self) -> list[Link]:
        return [one for one in self.links if one.userspace]

    def _out_of_reach(self, link: Link) -> str:
        if not link.userspace:
            return ""
        who = f"{link.name} belongs to {link.userspace}, a switch in user space that no filter "
        who += "of the kernel comes before"
        if self.peers:
            return f"{who}: cut it off everybody, or choose other networks."
        if not link.bare:
            return (
                f"{who}, and it has addresses that would be lost if it were put down: choose "
                "other networks."
            )
        return ""

    def _find_rules(self, deadline: Deadline) -> list[str]:
        """Let the kernel check the rules without taking them in."""
        if self.shell.run(["sh", "-c", "command -v nft"], deadline).exit_status:
            return [f"{self.host.name} has no nft: install its package nftables."]
        said = ""
        for egress in (True, False):
            names = [one.name for one in (*self._cut, *self._down)]
            self._rules = ruleset(self.table, names, self.peers, egress=egress)
            argv = ["nft", "--check", "--file", "-"]
            done = self.shell.run(argv, deadline, input=self._rules.encode())
            if done.exit_status == 0:
                return []
            said = said or done.stderr.strip().partition("\n")[0]
        return [
            f"The kernel or the nft of {self.host.name} does not take the rules ({said}): it "
            "needs the netdev family of nftables (Linux 4.2, nft 0.9.7 or newer)."
        ]

    def _find_witnesses(self, deadline: Deadline) -> None:
        found: list[Witness] = []
        if self.cuts_off:
            found += [
                SshBannerWitness(self.host.ssh),
                IcmpWitness(self.host.ssh.address),
                TcpWitness(self.host.ssh.address),
            ]
        for link in self.links:
            others = self._neighbours.find(link, deadline)
            if not (self.cuts_off and link.carries_login):
                near = self.peers or others.addresses
                if near:
                    found.append(PeersWitness(self.shell, link.network, near))
            for other in others.shells:
                theirs = set(self._neighbours.addresses(other, link.network))
                if link.addresses and (not self.peers or theirs & set(self.peers)):
                    found.append(SeenFromWitness(other, link.network, link.addresses[0]))
        down = [one.name for one in self._down]
        if not self.cuts_off:
            found.append(DroppedPacketsWitness(self.shell, self.table, len(self._cut), down))
        self._witnesses = self._witnesses or tuple(found)

    def _check_witnesses(self, deadline: Deadline) -> list[str]:
        reasons = super()._check_witnesses(deadline)
        if reasons and not self.cuts_off:
            names = ", ".join(self.networks)
            reasons.append(
                f"On {names}, somebody has to answer {self.host.name} who can see that it is cut "
                "off: list another host with that network in the hosts file, or name peers."
            )
        return reasons

    def _data(self) -> dict[str, Any]:
        return {
            "table": self.table,
            "down": [one.name for one in self._down],
            "peers": list(self.peers),
            "links": [
                {
                    "network": one.network,
                    "name": one.name,
                    "peers": list(self._answered(one)),
                }
                for one in self.links
            ],
        }

    def _answered(self, link: Link) -> tuple[str, ...]:
        """Return who near a network was seen to answer, and has to again."""
        if f"peers_on_{link.network}" not in self._qualified:
            return ()
        return self.peers or self._neighbours.found(link.network)

    def _injection(self) -> tuple[str, bytes | None]:
        down = "".join(f" && ip link set dev {one.name} down" for one in self._down)
        return f"nft --file -{down}", self._rules.encode()

    def _recovery_commands(self) -> Sequence[Sequence[str]]:
        return restore_network.commands(self._data())

    def _about(self) -> dict[str, Any]:
        return {**super()._about(), "networks": list(self.networks), "peers": list(self.peers)}
