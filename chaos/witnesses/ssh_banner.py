# SPDX-License-Identifier: Apache-2.0
"""Witness: does an SSH server greet at the host's SSH port?

Needs no login. Knows an address and a port only.
"""

from chaos.deadline import Deadline
from chaos.inventory import SshAccess
from chaos.witnesses.connect import Outcome, attempt
from chaos.witnesses.protocol import Observation, Says, observation

# A live server greets in milliseconds; one that is overloaded may take a little longer.
LOOK_SECONDS = 2.0


class SshBannerWitness:
    """The greeting of the SSH server.

    A host whose server is stopped still answers, but without a greeting: ``unknown``.

    :param ssh: where the server is
    """

    name = "ssh_banner"
    expects: Says = "dead"
    # Whoever makes a host die over SSH speaks to the same server.
    depends_on = frozenset({"ssh"})

    def __init__(self, ssh: SshAccess) -> None:
        self.ssh = ssh

    def observe(self, deadline: Deadline) -> Observation:
        """Connect once and wait for the greeting."""
        until = deadline.within(LOOK_SECONDS)
        tried = attempt(self.ssh.address, self.ssh.port, LOOK_SECONDS, deadline)
        if tried.connection is None:
            # A refusal is an answer: the kernel lives, or a firewall speaks for it.
            silent = tried.outcome is Outcome.SILENT
            return observation(self, "dead" if silent else "unknown", tried.detail)
        with tried.connection as server:
            try:
                server.settimeout(max(0.1, until.remaining()))
                greeting = server.recv(64)
            except OSError:
                greeting = b""
        if greeting.startswith(b"SSH-"):
            return observation(self, "alive", f"{tried.detail}, and greeted")
        return observation(self, "unknown", f"{tried.detail}, but not greeted")
