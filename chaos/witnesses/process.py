# SPDX-License-Identifier: Apache-2.0
"""Witness: does a process run, by the state that the kernel has of it?

A later process with the same number has another start. Knows a shell on the host.
"""

from dataclasses import dataclass

from chaos import errors
from chaos.deadline import Deadline
from chaos.transport import HostShell
from chaos.witnesses.protocol import Observation, Says, observation

LOOK_SECONDS = 10.0


@dataclass(frozen=True)
class ProcessId:
    """One process of one host.

    :ivar start: when it was started, in clock ticks since the host's start
    """

    pid: int
    start: str


@dataclass(frozen=True)
class Stat:
    """What /proc/PID/stat says: the state's letter, and time spent, in clock ticks."""

    state: str
    start: str
    spent: int


def read_stat(shell: HostShell, pid: int, deadline: Deadline) -> Stat | None:
    """Read what a process does; None if there is none with this number.

    :raises chaos.errors.ShellError: if the host cannot be asked
    """
    done = shell.run(["cat", f"/proc/{pid}/stat"], deadline)
    if done.exit_status != 0:
        return None
    # The name in parentheses may hold anything, spaces and parentheses too.
    fields = done.stdout.rpartition(")")[2].split()
    return Stat(fields[0], fields[19], int(fields[11]) + int(fields[12]))


def identify(shell: HostShell, pid: int, deadline: Deadline) -> ProcessId:
    """Return the process that has this number now.

    :raises chaos.errors.ServiceError: if there is none
    """
    stat = read_stat(shell, pid, deadline) if pid else None
    if stat is None:
        raise errors.ServiceError(f"no process {pid} runs on {shell.host.name}")
    return ProcessId(pid, stat.start)


class ProcessWitness:
    """A process that runs; one that is stopped or gone is absent."""

    name = "process"
    expects: Says = "absent"
    depends_on: frozenset[str] = frozenset()

    def __init__(self, shell: HostShell, process: ProcessId) -> None:
        self._shell = shell
        self._process = process

    def observe(self, deadline: Deadline) -> Observation:
        """Read its state once."""
        pid = self._process.pid
        try:
            stat = read_stat(self._shell, pid, deadline.within(LOOK_SECONDS))
        except (errors.ShellError, errors.DeadlineExpired) as exc:
            return observation(self, "unknown", exc.found)
        if stat is None or stat.start != self._process.start or stat.state in "ZX":
            return observation(self, "absent", f"process {pid} is gone")
        if stat.state in "Tt":
            return observation(self, "absent", f"process {pid} is stopped")
        return observation(self, "present", f"process {pid} is in state {stat.state}")
