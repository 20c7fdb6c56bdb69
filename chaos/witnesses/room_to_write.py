# SPDX-License-Identifier: Apache-2.0
"""Witness: is there room for what is written to a file system?

Knows a shell on the host and a folder there.
"""

from chaos import errors
from chaos.deadline import Deadline
from chaos.transport import HostShell
from chaos.witnesses.free_space import LOOK_SECONDS, ROOM_BYTES
from chaos.witnesses.protocol import Observation, Says, observation

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


class RoomToWriteWitness:
    """A write of more than is to be left. Until it :attr:`writes`, it only asks if it might.

    :param token: in the name of its file, and of no other
    :param leave: bytes that are to be left
    """

    name = "room_to_write"
    expects: Says = "absent"
    depends_on: frozenset[str] = frozenset()

    def __init__(self, shell: HostShell, folder: str, token: str, leave: int) -> None:
        self._shell = shell
        self._folder = folder
        self._token = token
        self._number = leave + 2 * ROOM_BYTES
        self.writes = False

    def observe(self, deadline: Deadline) -> Observation:
        """Write, or ask."""
        within = deadline.within(LOOK_SECONDS)
        try:
            if not self.writes:
                argv = ["test", "-d", self._folder, "-a", "-w", self._folder]
                if self._shell.run(argv, within).exit_status == 0:
                    return observation(self, "present", f"{self._folder} may be written to")
                return observation(self, "unknown", f"{self._folder} may not be written to")
            said = try_to_write(self._shell, self._folder, self._token, self._number, within)
        except (errors.ShellError, errors.DeadlineExpired) as exc:
            return observation(self, "unknown", exc.found)
        if not said:
            return observation(self, "present", f"{self._number} bytes could be written")
        if _NO_SPACE in said:
            words = f"{self._number} bytes could not be written: {_NO_SPACE}"
            return observation(self, "absent", words)
        return observation(self, "unknown", said[-200:])
