# SPDX-License-Identifier: Apache-2.0
"""Processes of this machine: identified for sure, found by a mark in their environment, ended.

A mark is a variable that a process was started with and that its children inherit. It is found in
``/proc`` whatever became of the command that started the process and of the files it wrote.
Knows nothing of labs.
"""

import contextlib
import dataclasses
import os
import signal
import time
from collections.abc import Callable, Collection, Iterator
from pathlib import Path

# In the environment of what serves one command only: the process of that command. What outlives it
# by an accident (it was killed while it started something) is known by that for an orphan.
MAKER = "MIGRATION_CHAOS_MAKER"


class ProcessError(Exception):
    """A process does not end; the message says which."""


@dataclasses.dataclass(frozen=True)
class Process:
    """A process of this machine, identified by its number and its start time."""

    pid: int
    started: int

    @classmethod
    def of(cls, pid: int) -> "Process":
        """Return the process that has number `pid` now.

        :raises ProcessLookupError: there is none.
        """
        try:
            stat = Path(f"/proc/{pid}/stat").read_text()
        except OSError as error:
            raise ProcessLookupError(pid) from error
        fields = stat.rpartition(")")[2].split()
        if fields[0] in "ZX":
            raise ProcessLookupError(pid)
        return cls(pid, int(fields[19]))

    @property
    def alive(self) -> bool:
        """Whether exactly this process still runs."""
        try:
            return Process.of(self.pid) == self
        except ProcessLookupError:
            return False

    @property
    def network(self) -> int | None:
        """The number of its network namespace, or None if it is gone."""
        try:
            return os.stat(f"/proc/{self.pid}/ns/net").st_ino
        except OSError:
            return None

    @property
    def first(self) -> bool:
        """Whether it is the first process of a namespace below this process's own."""
        try:
            status = Path(f"/proc/{self.pid}/status").read_text()
        except OSError:
            return False
        numbers = status.partition("\nNSpid:")[2].partition("\n")[0].split()
        return len(numbers) > 1 and numbers[-1] == "1"

    def mark(self, variable: str) -> str | None:
        """Return the variable's value in the environment it was started with, or None."""
        try:
            environment = Path(f"/proc/{self.pid}/environ").read_bytes()
        except OSError:  # gone, or another user's
            return None
        prefix = f"{variable}=".encode()
        for entry in environment.split(b"\0"):
            if entry.startswith(prefix):
                return os.fsdecode(entry.removeprefix(prefix))
        return None


def boot_id() -> str:
    """Return what identifies this run of the machine."""
    return Path("/proc/sys/kernel/random/boot_id").read_text().strip()


def running() -> Iterator[Process]:
    """Go through all processes of the machine."""
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                yield Process.of(int(entry))
            except ProcessLookupError:
                continue


def marked(variable: str, value: str) -> list[Process]:
    """Return the processes that were started with the variable set to that value."""
    return [process for process in running() if process.mark(variable) == value]


def place() -> str:
    """Return what identifies the place on the machine where this process is.

    A container's processes are seen from outside it too, where their numbers and paths mean
    something else. Two places differ in the processes or in the root file system they see.
    """
    root = os.stat("/")
    return f"{os.readlink('/proc/self/ns/pid')}/{root.st_dev}:{root.st_ino}"


def maker() -> str:
    """Return how this process marks what it starts for itself alone."""
    own = Process.of(os.getpid())
    return f"{own.pid} {own.started} {boot_id()} {place()}"


def orphans() -> list[Process]:
    """Return the processes whose maker has died and that should have died with it."""
    found, here = [], f"{boot_id()} {place()}"
    for process in running():
        pid, started, where = [*(process.mark(MAKER) or "").split(" ", 2), "", "", ""][:3]
        if where == here and not Process(int(pid), int(started)).alive:
            found.append(process)
    return found


def end(find: Callable[[], Collection[Process]], seconds: float = 30) -> bool:
    """Kill what `find` returns until it returns nothing: processes may start others meanwhile.

    :param seconds: how long that may take.
    :return: whether there was anything, all of it gone now.
    :raises ProcessError: one is still there after that.
    """
    until = time.monotonic() + seconds
    killed: set[Process] = set()
    while True:
        found = find()
        for process in found:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process.pid, signal.SIGKILL)
        # One that is dying has no environment any more to be found by, and may take its time: the
        # first process of a namespace outlives all others in it.
        killed.update(found)
        dying = [process for process in killed if process.alive]
        if not found and not dying:
            return bool(killed)
        if time.monotonic() > until:
            numbers = ", ".join(str(process.pid) for process in dying or found)
            raise ProcessError(f"These processes do not end: {numbers}; look at `ps -fp PID`.")
        time.sleep(0.01)
