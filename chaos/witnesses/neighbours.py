# SPDX-License-Identifier: Apache-2.0
"""Who is near a host on one of its networks: other hosts of the hosts file, and whom it met.

They are the ones to be asked whether it is cut off. Knows the hosts file and logins.
"""

from dataclasses import dataclass

from chaos import errors
from chaos.deadline import Deadline
from chaos.inventory import Host, Inventory
from chaos.transport import HostShell, links
from chaos.transport.links import Link

# So many are enough, and each that is off costs the time of a login.
HOSTS, ADDRESSES = 2, 4
LOGIN_SECONDS = 10.0


@dataclass(frozen=True)
class NetworkNeighbours:
    """Those near a host on one network.

    :ivar addresses: to be pinged from the host
    :ivar shells: logins from which it can be pinged
    """

    addresses: tuple[str, ...]
    shells: tuple[HostShell, ...]


class Neighbours:
    """Who is near one host, on each of its networks.

    :param inventory: all hosts there are
    :param host: the one in the middle
    """

    def __init__(self, inventory: Inventory, host: Host) -> None:
        self._others = [one for one in inventory if one.name != host.name]
        self._shells: dict[str, HostShell] = {}
        self._addresses: dict[tuple[str, str], tuple[str, ...]] = {}
        self._found: dict[str, tuple[str, ...]] = {}

    def close(self) -> None:
        """Log out of them."""
        for shell in self._shells.values():
            shell.close()

    def find(self, link: Link, deadline: Deadline) -> NetworkNeighbours:
        """Find those on one network; a host that cannot be asked is passed over."""
        shells: list[HostShell] = []
        for other in self._others:
            if link.network not in other.networks or len(shells) == HOSTS:
                continue
            shell = self._shells.setdefault(other.name, HostShell(other))
            try:
                within = deadline.within(LOGIN_SECONDS)
                (there,) = links.read_links(shell, [link.network], within)
            except (errors.ShellError, errors.DeadlineExpired):
                continue
            if there.addresses:
                self._addresses[other.name, link.network] = there.addresses
                shells.append(shell)
        theirs = [self.addresses(one, link.network)[0] for one in shells]
        met = [one for one in link.neighbours if one not in theirs]
        self._found[link.network] = tuple([*theirs, *met][:ADDRESSES])
        return NetworkNeighbours(self._found[link.network], tuple(shells))

    def addresses(self, shell: HostShell, network: str) -> tuple[str, ...]:
        """Return the addresses that another host was found to have on a network."""
        return self._addresses.get((shell.host.name, network), ())

    def found(self, network: str) -> tuple[str, ...]:
        """Return the addresses found on a network."""
        return self._found.get(network, ())
