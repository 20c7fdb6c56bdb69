# SPDX-License-Identifier: Apache-2.0
"""How a host pings an address, for all who ask whether somebody answers there.

Knows a shell on a host and addresses; draws no conclusion.
"""

from collections.abc import Sequence

from chaos.deadline import Deadline
from chaos.transport import HostShell

LOOK_SECONDS = 15.0
PINGS = ("ping", "-n", "-q", "-c", "2", "-i", "0.3", "-W", "1")

# ping's own words: somebody answered; nobody did; it could not ask.
ANSWERED, SILENT = 0, 1


def ping(shell: HostShell, address: str, deadline: Deadline) -> int:
    """Ping an address from a host; return ping's exit status.

    :raises chaos.errors.ShellError: if the host cannot be asked
    """
    return shell.run([*PINGS, address], deadline).exit_status


def answering(shell: HostShell, peers: Sequence[str], deadline: Deadline) -> list[str]:
    """Return those addresses that answer a host's pings.

    :raises chaos.errors.ShellError: if the host cannot be asked
    """
    return [one for one in peers if ping(shell, one, deadline) == ANSWERED]
