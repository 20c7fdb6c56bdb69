# SPDX-License-Identifier: Apache-2.0
"""Witnesses of one process on a host: its state, its sockets, its progress.

Each asks the kernel in another way. A process is told from a later one with the same number by
its start. Knows a shell on the host.
"""

from dataclasses import dataclass

from chaos import errors
from chaos.deadline import Deadline
from chaos.transport.shell import HostShell
from chaos.witnesses.protocol import WitnessReading, reading

LOOK_SECONDS = 10.0
TICK = 0.5
# A healthy service that waits for work shows no progress for so long at the most.
PACE_SECONDS = 20.0


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
    """The state of a process: running, stopped, or gone."""

    name = "process"
    hangs_on: frozenset[str] = frozenset()

    def __init__(self, shell: HostShell, process: ProcessId) -> None:
        self._shell = shell
        self._process = process

    def look(self, deadline: Deadline) -> WitnessReading:
        """Read its state once."""
        pid = self._process.pid
        try:
            stat = read_stat(self._shell, pid, deadline.within(LOOK_SECONDS))
        except (errors.ShellError, errors.DeadlineExpired) as exc:
            return reading(self, "unknown", exc.found)
        if stat is None or stat.start != self._process.start or stat.state in "ZX":
            return reading(self, "dead", f"process {pid} is gone")
        if stat.state in "Tt":
            return reading(self, "dead", f"process {pid} is stopped")
        return reading(self, "alive", f"process {pid} is in state {stat.state}")


# A container's process may live in a network of its own, and its sockets with it; once it is gone
# there is none to look into.
_SOCKETS = """
there=$(readlink "/proc/$1/ns/net") here=$(readlink /proc/self/ns/net)
case $there in "" | "$here") set -- ;; *) set -- nsenter --target "$1" --net -- ;; esac
exec "$@" ss --no-header --all --numeric --processes --tcp --unix
"""


class SocketsWitness:
    """The sockets of a process: a service that runs has some, one that is gone has none."""

    name = "sockets"
    hangs_on: frozenset[str] = frozenset()

    def __init__(self, shell: HostShell, process: ProcessId) -> None:
        self._shell = shell
        self._pid = process.pid

    def look(self, deadline: Deadline) -> WitnessReading:
        """Count them once."""
        try:
            argv = ["sh", "-c", _SOCKETS, "sockets", str(self._pid)]
            listed = self._shell.check(argv, deadline.within(LOOK_SECONDS)).stdout
        except (errors.ShellError, errors.DeadlineExpired) as exc:
            return reading(self, "unknown", exc.found)
        count = sum(f"pid={self._pid}," in line for line in listed.splitlines())
        if count:
            return reading(self, "alive", f"process {self._pid} has {count} sockets")
        return reading(self, "dead", f"process {self._pid} has no socket")


class ProgressWitness:
    """Does a process get anywhere? Its time spent, and how often it gave the processor away.

    The first look learns how long a healthy one takes to move; after that one that takes twice as
    long, and a second more, does not move.
    """

    name = "progress"
    hangs_on: frozenset[str] = frozenset()

    def __init__(self, shell: HostShell, process: ProcessId) -> None:
        self._shell = shell
        self._process = process
        self._pace: float | None = None

    def look(self, deadline: Deadline) -> WitnessReading:
        """Watch it for a while."""
        patience = PACE_SECONDS if self._pace is None else 2 * self._pace + 1.0
        until = deadline.within(patience)
        whole = deadline.remaining() > patience
        began = until.remaining()
        try:
            first = self._sample(deadline)
            for _ in until.ticks(TICK):
                if first is None:
                    return reading(self, "dead", f"process {self._process.pid} is gone")
                now = self._sample(deadline)
                if now is not None and now != first:
                    took = began - until.remaining()
                    self._pace = max(self._pace or 0.0, took)
                    return reading(self, "alive", f"it moved within {took:.1f} s")
        except (errors.ShellError, errors.DeadlineExpired) as exc:
            return reading(self, "unknown", exc.found)
        if self._pace is None or not whole:
            return reading(self, "unknown", f"it did not move within {patience:.0f} s")
        return reading(self, "dead", f"it did not move within {patience:.1f} s")

    def _sample(self, deadline: Deadline) -> str | None:
        files = [f"/proc/{self._process.pid}/{name}" for name in ("stat", "status")]
        done = self._shell.run(["cat", *files], deadline.within(LOOK_SECONDS))
        if done.exit_status != 0:
            return None
        lines = done.stdout.splitlines()
        fields = lines[0].rpartition(")")[2].split()
        if fields[19] != self._process.start:
            return None
        switches = [line for line in lines if "ctxt_switches" in line]
        return " ".join([fields[11], fields[12], *switches])
