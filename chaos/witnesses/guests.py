# SPDX-License-Identifier: Apache-2.0
"""Witness: do guests run on the host, as processes of QEMU?

A guest cannot outlive the system it ran on; that none runs on the one that is there now says that
the old one is gone with its guests, and that none has been started anew. Knows a shell on the host
and how QEMU's processes are called; not whose guests they are.
"""

from chaos import errors
from chaos.deadline import Deadline
from chaos.transport import HostShell
from chaos.witnesses.protocol import Observation, Says, observation

LOOK_SECONDS = 10.0

# As the kernel has their names, of 15 characters: a guest's, and neither qemu-img's nor that of
# qemu-ga, which runs inside a guest.
_GUEST = "^(qemu-system-.*|qemu-kvm|kvm)$"
COUNT = ("pgrep", "--count", _GUEST)
# Of pgrep: some were found, or none were; anything else is an error.
_FOUND, _NONE = 0, 1


def count_guests(shell: HostShell, deadline: Deadline) -> int:
    """Return how many guests run on a host.

    :raises chaos.errors.ShellError: if it cannot be asked
    """
    done = shell.run(COUNT, deadline)
    if done.exit_status not in (_FOUND, _NONE) or not done.stdout.strip().isdigit():
        raise errors.ShellError(
            f"the guests of {shell.host.name} cannot be counted: "
            f"{(done.stderr or done.stdout).strip()[-200:] or f'status {done.exit_status}'}",
            expected="a number from pgrep",
        )
    return int(done.stdout)


class GuestsWitness:
    """The guests of a host; of a system that died, none.

    :param shell: a login on the host
    """

    name = "guests"
    expects: Says = "absent"
    depends_on: frozenset[str] = frozenset()

    def __init__(self, shell: HostShell) -> None:
        self._shell = shell

    def observe(self, deadline: Deadline) -> Observation:
        """Count them once."""
        try:
            found = count_guests(self._shell, deadline.within(LOOK_SECONDS))
        except (errors.ShellError, errors.DeadlineExpired) as exc:
            return observation(self, "unknown", exc.found)
        if found:
            return observation(self, "present", f"{found} process(es) of QEMU run")
        return observation(self, "absent", "no process of QEMU runs")
