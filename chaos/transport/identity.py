# SPDX-License-Identifier: Apache-2.0
"""Who a host is, and whether a login on it acts as root.

Asks a host over a shell and changes nothing. Knows nothing of what the answers are for.
"""

import re
from dataclasses import dataclass
from pathlib import Path

from chaos import errors
from chaos.deadline import Deadline
from chaos.inventory import Host
from chaos.transport.shell import HostShell

BOOT_ID = "/proc/sys/kernel/random/boot_id"
MACHINE_ID = "/etc/machine-id"

ROOT_REMEDY = "set ssh.user to root, or ssh.sudo to true with a NOPASSWD rule"


@dataclass(frozen=True)
class Identity:
    """What identifies one machine, and one start of it.

    :ivar boot_id: drawn by the kernel at every start; containers of a machine mostly share it
    :ivar machine_id: drawn at installation; "" if there is none
    """

    boot_id: str
    machine_id: str = ""

    @classmethod
    def of_this_machine(cls) -> "Identity":
        """Return the identity of the machine this process runs on."""
        return cls(boot_id=_read(BOOT_ID), machine_id=_read(MACHINE_ID))

    def shared_with(self, other: "Identity") -> str | None:
        """Return what two identities have in common, or None."""
        if self.boot_id and self.boot_id == other.boot_id:
            return f"boot ID {self.boot_id}"
        if self.machine_id and self.machine_id == other.machine_id:
            return f"machine ID {self.machine_id}"
        return None


def _read(path: str) -> str:
    try:
        return Path(path).read_text(encoding="ascii", errors="replace").strip()
    except OSError:
        return ""


def read_boot_id(shell: HostShell, deadline: Deadline) -> str:
    """Read the boot ID of a host.

    :raises chaos.errors.ShellError: if it cannot be read
    """
    text = shell.check(["cat", BOOT_ID], deadline).stdout.strip()
    if not re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", text):
        raise errors.ShellError(
            f"{shell.host.name} gave no boot ID but {text[:60]!r}",
            expected=f"a UUID in {BOOT_ID}",
        )
    return text


def read_identity(shell: HostShell, deadline: Deadline) -> Identity:
    """Read who a host is.

    :raises chaos.errors.ShellError: if it cannot be read; a host without machine ID is no error
    """
    boot_id = read_boot_id(shell, deadline)
    return Identity(boot_id, shell.run(["cat", MACHINE_ID], deadline).stdout.strip())


def acts_as_root(shell: HostShell, deadline: Deadline) -> bool:
    """Tell whether commands on a host are root's, by the login itself or through sudo.

    :raises chaos.errors.ShellError: if it cannot be asked
    """
    return shell.check(["id", "-u"], deadline).stdout.strip() == "0"


def not_root(host: Host) -> str:
    """Return the sentence for a login that does not act as root."""
    return f"The login {host.ssh.user} on {host.name} does not act as root: {ROOT_REMEDY}."
