# SPDX-License-Identifier: Apache-2.0
"""Witness: has a file system any free space, by its own count?

Knows a shell on the host and a folder there.
"""

from dataclasses import dataclass

from chaos import errors
from chaos.deadline import Deadline
from chaos.transport import HostShell
from chaos.witnesses.protocol import Observation, Says, observation

LOOK_SECONDS = 30.0
# What a file system may have left over beside what was to be left: its own blocks, others' files
# that went meanwhile.
ROOM_BYTES = 2 << 20


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


class FreeSpaceWitness:
    """The file system's own count of what is free.

    :param leave: bytes that are to be left
    """

    name = "free_space"
    expects: Says = "absent"
    depends_on: frozenset[str] = frozenset()

    def __init__(self, shell: HostShell, folder: str, leave: int) -> None:
        self._shell = shell
        self._folder = folder
        self._leave = leave

    def observe(self, deadline: Deadline) -> Observation:
        """Ask once."""
        try:
            # What ext4 keeps for itself is counted as free, and not even root can write it.
            space = read_space(self._shell, self._folder, deadline.within(LOOK_SECONDS))
        except (errors.ShellError, errors.DeadlineExpired) as exc:
            return observation(self, "unknown", exc.found)
        full = space.available <= self._leave + ROOM_BYTES
        words = f"{space.available} bytes are available"
        return observation(self, "absent" if full else "present", words)
