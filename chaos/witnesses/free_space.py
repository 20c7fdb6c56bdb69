# SPDX-License-Identifier: Apache-2.0
"""Witnesses of a full disk: what the file system says of itself, and a write that it refuses.

Each asks in another way. Knows a shell on the host and a folder there.
"""

from dataclasses import dataclass

from chaos import errors
from chaos.deadline import Deadline
from chaos.transport.shell import HostShell
from chaos.witnesses.protocol import WitnessReading, reading

LOOK_SECONDS = 30.0
# What a file system may have left over beside what was to be left: its own blocks, others' files
# that went meanwhile.
ROOM_BYTES = 2 << 20

_NO_SPACE = "No space left on device"
# The file's name is gone, for good, before anything is written: who writes may be killed at any
# moment, and the host may lose its power.
_WRITE = """
export LC_ALL=C
exec 2>&1
exec 3> "$1" || exit
rm -f -- "$1"
sync "$3"
exec dd if=/dev/zero bs=64k count="$2" conv=fsync >&3
"""


@dataclass(frozen=True)
class Space:
    """What a file system says of itself.

    :ivar free: bytes that are counted as free
    :ivar available: bytes that others than root may still write
    :ivar kind: its type, as ``stat -f`` names it
    """

    free: int
    available: int
    kind: str


def read_space(shell: HostShell, folder: str, deadline: Deadline) -> Space:
    """Ask the file system of a folder.

    :raises chaos.errors.ShellError: if it cannot be asked
    """
    argv = ["stat", "--file-system", "--format", "%f %a %S %T", "--", folder]
    free, available, block, kind = shell.check(argv, deadline).stdout.strip().split(" ", 3)
    return Space(int(free) * int(block), int(available) * int(block), kind)


def try_to_write(
    shell: HostShell, folder: str, token: str, number: int, deadline: Deadline
) -> str:
    """Write so many bytes to a file of its own and remove it; return what the host said to that.

    :return: "" if they could be written
    :raises chaos.errors.ShellError: if the host cannot be asked
    """
    path = f"{folder.rstrip('/')}/.migration-chaos-try-{token}"
    count = str(max(1, -(-number // 65536)))
    done = shell.run(["sh", "-c", _WRITE, "sh", path, count, folder], deadline)
    if done.exit_status == 0:
        return ""
    return (done.stdout + done.stderr).strip() or f"status {done.exit_status}"


class SpaceWitness:
    """The file system's own count of what is free.

    :param leave: bytes that are to be left
    """

    name = "statvfs"
    hangs_on: frozenset[str] = frozenset()

    def __init__(self, shell: HostShell, folder: str, leave: int) -> None:
        self._shell = shell
        self._folder = folder
        self._leave = leave

    def look(self, deadline: Deadline) -> WitnessReading:
        """Ask once."""
        try:
            # What ext4 keeps for itself is counted as free, and not even root can write it.
            space = read_space(self._shell, self._folder, deadline.within(LOOK_SECONDS))
        except (errors.ShellError, errors.DeadlineExpired) as exc:
            return reading(self, "unknown", exc.found)
        full = space.available <= self._leave + ROOM_BYTES
        words = f"{space.available} bytes are available"
        return reading(self, "dead" if full else "alive", words)


class WriteWitness:
    """A write of more than is to be left. Until it is :attr:`bold`, it only asks if it might.

    :param token: tells its file from others
    :param leave: bytes that are to be left
    """

    name = "write"
    hangs_on: frozenset[str] = frozenset()

    def __init__(self, shell: HostShell, folder: str, token: str, leave: int) -> None:
        self._shell = shell
        self._folder = folder
        self._token = token
        self._number = leave + 2 * ROOM_BYTES
        self.bold = False

    def look(self, deadline: Deadline) -> WitnessReading:
        """Write, or ask."""
        within = deadline.within(LOOK_SECONDS)
        try:
            if not self.bold:
                argv = ["test", "-d", self._folder, "-a", "-w", self._folder]
                if self._shell.run(argv, within).exit_status == 0:
                    return reading(self, "alive", f"{self._folder} may be written to")
                return reading(self, "unknown", f"{self._folder} may not be written to")
            said = try_to_write(self._shell, self._folder, self._token, self._number, within)
        except (errors.ShellError, errors.DeadlineExpired) as exc:
            return reading(self, "unknown", exc.found)
        if not said:
            return reading(self, "alive", f"{self._number} bytes could be written")
        if _NO_SPACE in said:
            return reading(self, "dead", f"{self._number} bytes could not be written: {_NO_SPACE}")
        return reading(self, "unknown", said[-200:])
