# SPDX-License-Identifier: Apache-2.0
"""Witness: do others answer the host on one of its networks?

The host pings those who are near it. Knows a shell on the host and addresses.
"""

from collections.abc import Sequence

from chaos import errors
from chaos.deadline import Deadline
from chaos.transport import HostShell
from chaos.witnesses.pinging import ANSWERED, LOOK_SECONDS, SILENT, ping
from chaos.witnesses.protocol import Observation, Says, observation


class PeersWitness:
    """Those who are near the host on one network, pinged from the host.

    :param shell: a login on the host
    :param network: the network's name, for the record
    :param peers: their addresses
    """

    expects: Says = "absent"
    depends_on: frozenset[str] = frozenset()

    def __init__(self, shell: HostShell, network: str, peers: Sequence[str]) -> None:
        self._shell = shell
        self.name = f"peers_on_{network}"
        self._peers = tuple(peers)

    def observe(self, deadline: Deadline) -> Observation:
        """Ping until one answers."""
        whole = deadline.within(LOOK_SECONDS)
        silent: list[str] = []
        try:
            for one in self._peers:
                status = ping(self._shell, one, whole)
                if status == ANSWERED:
                    return observation(self, "present", f"{one} answers it")
                if status == SILENT:
                    silent.append(one)
        except (errors.ShellError, errors.DeadlineExpired) as exc:
            return observation(self, "unknown", exc.found)
        if len(silent) < len(self._peers):
            return observation(self, "unknown", "its ping does not run")
        return observation(self, "absent", f"no answer from {', '.join(silent)}")
