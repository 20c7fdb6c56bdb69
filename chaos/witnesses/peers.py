# SPDX-License-Identifier: Apache-2.0
"""Witnesses of one network of a host: do others answer it there, and does it answer them?

Both ask with ping: one from the host that is to be cut off, one from another host. Knows shells on
hosts and addresses.
"""

from collections.abc import Sequence

from chaos import errors
from chaos.deadline import Deadline
from chaos.transport.shell import HostShell
from chaos.witnesses.protocol import Says, WitnessReading, reading

LOOK_SECONDS = 15.0
PINGS = ("ping", "-n", "-q", "-c", "2", "-i", "0.3", "-W", "1")

# ping's own words: somebody answered; nobody did; it could not ask.
_ANSWERED, _SILENT = 0, 1


def _ping(shell: HostShell, address: str, deadline: Deadline) -> int:
    return shell.run([*PINGS, address], deadline).exit_status


def answering(shell: HostShell, peers: Sequence[str], deadline: Deadline) -> list[str]:
    """Return those addresses that answer a host's pings.

    :raises chaos.errors.ShellError: if the host cannot be asked
    """
    return [one for one in peers if _ping(shell, one, deadline) == _ANSWERED]


class PeersWitness:
    """Those who are near the host on one network, pinged from the host.

    :param shell: a login on the host
    :param network: the network's name, for the record
    :param peers: their addresses
    """

    hangs_on: frozenset[str] = frozenset()

    def __init__(self, shell: HostShell, network: str, peers: Sequence[str]) -> None:
        self._shell = shell
        self.name = f"peers_on_{network}"
        self._peers = tuple(peers)

    def look(self, deadline: Deadline) -> WitnessReading:
        """Ping until one answers."""
        whole = deadline.within(LOOK_SECONDS)
        silent: list[str] = []
        try:
            for one in self._peers:
                status = _ping(self._shell, one, whole)
                if status == _ANSWERED:
                    return reading(self, "alive", f"{one} answers it")
                if status == _SILENT:
                    silent.append(one)
        except (errors.ShellError, errors.DeadlineExpired) as exc:
            return reading(self, "unknown", exc.found)
        if len(silent) < len(self._peers):
            return reading(self, "unknown", "its ping does not run")
        return reading(self, "dead", f"no answer from {', '.join(silent)}")


class SeenFromWitness:
    """The host, pinged on one network from another host.

    :param shell: a login on the other host
    :param network: the network's name, for the record
    :param address: of the host there
    """

    hangs_on: frozenset[str] = frozenset()

    def __init__(self, shell: HostShell, network: str, address: str) -> None:
        self._shell = shell
        self.name = f"seen_on_{network}_from_{shell.host.name}"
        self._address = address

    def look(self, deadline: Deadline) -> WitnessReading:
        """Ping it."""
        try:
            status = _ping(self._shell, self._address, deadline.within(LOOK_SECONDS))
        except (errors.ShellError, errors.DeadlineExpired) as exc:
            return reading(self, "unknown", exc.found)
        says: dict[int, Says] = {_ANSWERED: "alive", _SILENT: "dead"}
        words = {_ANSWERED: "answers", _SILENT: "does not answer"}
        if status not in says:
            return reading(self, "unknown", "its ping does not run")
        return reading(self, says[status], f"{self._address} {words[status]}")
