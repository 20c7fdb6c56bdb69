# SPDX-License-Identifier: Apache-2.0
"""Witness: has a process any sockets? One that serves has some, one that is gone has none.

Knows a shell on the host.
"""

from chaos import errors
from chaos.deadline import Deadline
from chaos.transport import HostShell
from chaos.witnesses.process import LOOK_SECONDS, ProcessId
from chaos.witnesses.protocol import Observation, Says, observation

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
    expects: Says = "absent"
    depends_on: frozenset[str] = frozenset()

    def __init__(self, shell: HostShell, process: ProcessId) -> None:
        self._shell = shell
        self._pid = process.pid

    def observe(self, deadline: Deadline) -> Observation:
        """Count them once."""
        try:
            argv = ["sh", "-c", _SOCKETS, "sockets", str(self._pid)]
            listed = self._shell.check(argv, deadline.within(LOOK_SECONDS)).stdout
        except (errors.ShellError, errors.DeadlineExpired) as exc:
            return observation(self, "unknown", exc.found)
        count = sum(f"pid={self._pid}," in line for line in listed.splitlines())
        if count:
            return observation(self, "present", f"process {self._pid} has {count} sockets")
        return observation(self, "absent", f"process {self._pid} has no socket")
