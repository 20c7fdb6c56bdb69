# SPDX-License-Identifier: Apache-2.0
"""Witness: when the host's first process was started, by the kernel's own clock.

A later start proves that the system that ran before is dead. On a machine that is the moment it
was switched on; in a container, when that was started. Knows a shell on the host.
"""

import re

from chaos import errors
from chaos.deadline import Deadline
from chaos.transport import HostShell
from chaos.witnesses.protocol import Observation, Says, observation

LOOK_SECONDS = 5.0
# The kernel computes it again whenever somebody sets the clock by a little.
TOLERANCE_SECONDS = 2.0
_TICKS = 100.0


def read_start(shell: HostShell, deadline: Deadline) -> float:
    """Return when process 1 was started, seconds since 1970.

    :raises chaos.errors.ShellError: if it cannot be read
    """
    text = shell.check(["cat", "/proc/1/stat", "/proc/stat"], deadline).stdout
    first, _, rest = text.partition("\n")
    fields = first.rpartition(")")[2].split()
    booted = re.search(r"^btime (\d+)", rest, re.M)
    if len(fields) < 20 or not booted:
        raise errors.ShellError(f"{shell.host.name} does not say when its process 1 was started")
    return int(booted[1]) + int(fields[19]) / _TICKS


class InitStartWitness:
    """Has the host's first process been started again?

    :param shell: a login on the host
    """

    name = "init_start"
    expects: Says = "dead"
    depends_on: frozenset[str] = frozenset()

    def __init__(self, shell: HostShell) -> None:
        self._shell = shell
        self._before: float | None = None

    def observe(self, deadline: Deadline) -> Observation:
        """Read it once; the first look notes it."""
        try:
            now = read_start(self._shell, deadline.within(LOOK_SECONDS))
        except (errors.ShellError, errors.DeadlineExpired) as exc:
            return observation(self, "unknown", exc.found)
        if self._before is None:
            self._before = now
        if now - self._before > TOLERANCE_SECONDS:
            late = now - self._before
            words = f"process 1 was started {late:.0f} s later than before"
            return observation(self, "dead", words)
        return observation(self, "alive", "process 1 is the one that ran before")
