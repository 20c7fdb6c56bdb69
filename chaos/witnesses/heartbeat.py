# SPDX-License-Identifier: Apache-2.0
"""Witness: a heartbeat, lines that a program on the host sends back over a login made before.

What answers is the very system that was asked first, never its successor: after a restart the old
connection is refused or silent. Knows a shell on the host.
"""

import paramiko

from chaos import errors
from chaos.deadline import Deadline
from chaos.inventory import Host
from chaos.transport import HostShell
from chaos.transport.connecting import left
from chaos.witnesses.protocol import Observation, Says, observation

# A live host sends a line back in milliseconds; one that is overloaded takes a little longer.
LOOK_SECONDS = 2.0
CONNECT_SECONDS = 15.0


class HeartbeatWitness:
    """The system that ran when it was first looked at.

    :param host: the host; the login is opened at the first look and kept
    """

    name = "heartbeat"
    expects: Says = "dead"
    # Whoever makes a host die over SSH speaks to the same server.
    depends_on = frozenset({"ssh"})

    def __init__(self, host: Host) -> None:
        self._shell = HostShell(host)
        self._channel: paramiko.Channel | None = None
        self._beats = 0

    def close(self) -> None:
        """Log out."""
        self._shell.close()

    def observe(self, deadline: Deadline) -> Observation:
        """Send a line once, and wait for it to come back."""
        try:
            if self._channel is None:
                self._channel = self._shell.stream(["cat"], deadline.within(CONNECT_SECONDS))
        except (errors.ShellError, errors.DeadlineExpired) as exc:
            return observation(self, "unknown", exc.found)
        hurried = deadline.remaining() < LOOK_SECONDS
        try:
            return self._beat(self._channel, deadline)
        except TimeoutError:
            says = "no line came back in time"
            return observation(self, "unknown" if hurried else "dead", says)
        except (paramiko.SSHException, EOFError, OSError) as exc:
            return observation(self, "dead", f"the login is lost ({type(exc).__name__})")

    def _beat(self, channel: paramiko.Channel, deadline: Deadline) -> Observation:
        self._beats += 1
        line = f"{self._beats}\n".encode()
        until = deadline.within(LOOK_SECONDS)
        channel.settimeout(max(0.1, until.remaining()))
        channel.sendall(line)
        got = b""
        # Lines that came too late before may come in now.
        while not got.endswith(line):
            channel.settimeout(left(until))
            part = channel.recv(4096)
            if not part:
                return observation(self, "dead", "the login is closed")
            got += part
        return observation(self, "alive", f"heartbeat {self._beats} came back")
