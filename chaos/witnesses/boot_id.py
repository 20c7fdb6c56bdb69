# SPDX-License-Identifier: Apache-2.0
"""Witness: the host's boot ID, a number its kernel draws at every start.

A new one proves that the old system is dead and that a new one lives; the same one proves that
nothing happened. Silence proves nothing. Knows a shell on the host.
"""

import re

from chaos import errors
from chaos.deadline import Deadline
from chaos.transport.shell import HostShell
from chaos.witnesses.protocol import WitnessReading, reading

PATH = "/proc/sys/kernel/random/boot_id"
LOOK_SECONDS = 5.0


def read_boot_id(shell: HostShell, deadline: Deadline) -> str:
    """Read the boot ID of a host.

    :raises chaos.errors.ShellError: if it cannot be read
    """
    text = shell.check(["cat", PATH], deadline).stdout.strip()
    if not re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", text):
        raise errors.ShellError(
            f"{shell.host.name} gave no boot ID but {text[:60]!r}", expected=f"a UUID in {PATH}"
        )
    return text


class BootIdWitness:
    """Has the host been started anew since its boot ID was noted?

    :param shell: a login on the host
    :param before: the boot ID of the system that is to be dead
    """

    name = "boot_id"
    hangs_on: frozenset[str] = frozenset()

    def __init__(self, shell: HostShell, before: str) -> None:
        self.shell = shell
        self.before = before
        self.seen: str | None = None

    def look(self, deadline: Deadline) -> WitnessReading:
        """Read the boot ID once: ``dead`` means that the *noted* system is gone."""
        try:
            self.seen = read_boot_id(self.shell, deadline.within(LOOK_SECONDS))
        except (errors.ShellError, errors.DeadlineExpired) as exc:
            return reading(self, "unknown", exc.found)
        if self.seen == self.before:
            return reading(self, "alive", f"boot ID is still {self.before}")
        return reading(self, "dead", f"boot ID {self.before} gave way to {self.seen}")
