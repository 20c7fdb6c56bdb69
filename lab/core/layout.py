# SPDX-License-Identifier: Apache-2.0
"""What the engine has to make, as data: hosts, the bridges they hang on, folders that they share.

Knows nothing of what runs on a host, nor why one has what it has.
"""

import dataclasses
from collections.abc import Mapping


class LayoutError(Exception):
    """There is no such host; the message says which there are."""


@dataclasses.dataclass(frozen=True)
class Interface:
    """A host's network card.

    :param name: in the host: ``eth0``.
    :param bridge: what it hangs on.
    :param mac: fixed, because a random one makes a host look dead after a restart until the ARP
        entries of its neighbours expire.
    :param address: ``a.b.c.d/len``, or nothing.
    """

    name: str
    bridge: str
    mac: str
    address: str = ""


@dataclasses.dataclass(frozen=True)
class HostLayout:
    """One host.

    :param memory_mib: limit of all its processes' memory, MiB.
    :param disk_mib: size of its disk, MiB.
    :param shared: folders that it shares with others: each one's name, and its path there.
    """

    name: str
    interfaces: tuple[Interface, ...]
    memory_mib: int
    disk_mib: int
    shared: Mapping[str, str] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True)
class Layout:
    """A lab as the engine makes it.

    :param bridges: addresses (``a.b.c.d/len``) that each bridge has on the runner's side.
    :param shared_mib: size of each folder that hosts share, MiB.
    :param search_path: where commands are looked for that are run on a host.
    """

    name: str
    hosts: tuple[HostLayout, ...]
    bridges: Mapping[str, tuple[str, ...]]
    shared_mib: int
    search_path: str

    def host(self, name: str) -> HostLayout:
        """Return the host called `name`.

        :raises LayoutError: there is none.
        """
        for host in self.hosts:
            if host.name == name:
                return host
        names = ", ".join(host.name for host in self.hosts)
        raise LayoutError(f"The lab has no host {name!r}; its hosts are {names}.")
