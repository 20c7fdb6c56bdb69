# SPDX-License-Identifier: Apache-2.0
"""Witness: does the host answer another host on one of its networks?

Knows a shell on the other host and an address.
"""

from chaos import errors
from chaos.deadline import Deadline
from chaos.transport import HostShell
from chaos.witnesses.pinging import ANSWERED, LOOK_SECONDS, SILENT, ping
from chaos.witnesses.protocol import Observation, Says, observation


class SeenFromWitness:
    """The host, pinged on one network from another host.

    :param shell: a login on the other host
    :param network: the network's name, for the record
    :param address: of the host there
    """

    expects: Says = "absent"
    depends_on: frozenset[str] = frozenset()

    def __init__(self, shell: HostShell, network: str, address: str) -> None:
        self._shell = shell
        self.name = f"seen_on_{network}_from_{shell.host.name}"
        self._address = address

    def observe(self, deadline: Deadline) -> Observation:
        """Ping it."""
        try:
            status = ping(self._shell, self._address, deadline.within(LOOK_SECONDS))
        except (errors.ShellError, errors.DeadlineExpired) as exc:
            return observation(self, "unknown", exc.found)
        says: dict[int, Says] = {ANSWERED: "present", SILENT: "absent"}
        words = {ANSWERED: "answers", SILENT: "does not answer"}
        if status not in says:
            return observation(self, "unknown", "its ping does not run")
        return observation(self, says[status], f"{self._address} {words[status]}")
