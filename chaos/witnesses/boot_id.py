# SPDX-License-Identifier: Apache-2.0
"""Witness: the host's boot ID, a number its kernel draws at every start.

A new one proves that the old system is dead and that a new one lives; the same one proves that
nothing happened. Silence proves nothing. Knows a shell on the host.
"""

from chaos import errors
from chaos.deadline import Deadline
from chaos.transport import HostShell, read_boot_id
from chaos.witnesses.protocol import Observation, Says, observation

LOOK_SECONDS = 5.0


class BootIdWitness:
    """Has the host been restarted since its boot ID was noted?

    :param shell: a login on the host
    :param before: the boot ID of the system that is to be dead
    """

    name = "boot_id"
    expects: Says = "dead"
    depends_on: frozenset[str] = frozenset()

    def __init__(self, shell: HostShell, before: str) -> None:
        self.shell = shell
        self.before = before
        self.seen: str | None = None

    def observe(self, deadline: Deadline) -> Observation:
        """Read the boot ID once: ``dead`` means that the *noted* system is gone."""
        try:
            self.seen = read_boot_id(self.shell, deadline.within(LOOK_SECONDS))
        except (errors.ShellError, errors.DeadlineExpired) as exc:
            return observation(self, "unknown", exc.found)
        if self.seen == self.before:
            return observation(self, "alive", f"boot ID is still {self.before}")
        return observation(self, "dead", f"boot ID {self.before} gave way to {self.seen}")
