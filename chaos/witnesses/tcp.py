# SPDX-License-Identifier: Apache-2.0
"""Witness: does the host's kernel answer TCP at all?

Asks for a port that nobody is expected to serve: a live kernel refuses at once, a dead one is
silent. Needs no privilege and no service on the host, only that no firewall swallows the packet.
Knows an address and a port only.
"""

from chaos.deadline import Deadline
from chaos.witnesses.connect import Outcome, attempt
from chaos.witnesses.protocol import Observation, Says, observation

LOOK_SECONDS = 1.5
# TCP port service multiplexer: reserved, and served nowhere any more.
PORT = 1

_SAYS: dict[Outcome, Says] = {
    Outcome.CONNECTED: "alive",
    Outcome.REFUSED: "alive",
    Outcome.SILENT: "dead",
    Outcome.UNABLE: "unknown",
}


class TcpWitness:
    """Any answer of the host's TCP, a refusal too.

    :param address: name or address of the host
    :param port: the port to ask for
    """

    name = "tcp"
    expects: Says = "dead"
    depends_on: frozenset[str] = frozenset()

    def __init__(self, address: str, port: int = PORT) -> None:
        self.address = address
        self.port = port

    def observe(self, deadline: Deadline) -> Observation:
        """Try to connect once."""
        tried = attempt(self.address, self.port, LOOK_SECONDS, deadline)
        if tried.connection is not None:
            tried.connection.close()
        return observation(self, _SAYS[tried.outcome], tried.detail)
