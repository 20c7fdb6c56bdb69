# SPDX-License-Identifier: Apache-2.0
"""Power off by the host's own kernel, over SSH: gone at once, nothing synced.

The host is asked to call ``reboot(2)`` for power-off without a sync and without stopping anything;
what was not on the disk is lost, as if the cord had been pulled. Which way the host has is found
out first and said in the record. Switching on is not possible this way; but a host can be asked to
restart at once, as it does after a panic of its kernel.

``/proc/sysrq-trigger`` is not used: inside a container it would reach the machine below.

Knows hosts and shells, no fault.
"""

from dataclasses import dataclass

from chaos import errors
from chaos.deadline import Deadline
from chaos.inventory import Host
from chaos.power.protocol import PowerState
from chaos.transport import HostShell, acts_as_root
from chaos.transport.identity import ROOT_REMEDY

# A host that dies sends no answer: its silence for so long counts as the command's effect.
SILENCE_SECONDS = 5.0


@dataclass(frozen=True)
class Method:
    """One way to end the system at once.

    :ivar name: for the record
    :ivar probe: a command that changes nothing and ends with status 0 if the way is open
    :ivar off: the command that ends it and leaves the power off
    :ivar restart: the one after which the host boots by itself, and its name for the record
    """

    name: str
    probe: tuple[str, ...]
    off: tuple[str, ...]
    restart: tuple[str, ...] = ()
    restart_name: str = ""


# LINUX_REBOOT_CMD_POWER_OFF and _RESTART of linux/reboot.h; the libc function makes no sync of its
# own.
_POWER_OFF = "import ctypes; ctypes.CDLL(None).reboot(0x4321fedc)"
_RESTART = "import ctypes; ctypes.CDLL(None).reboot(0x01234567)"

# In order of preference. The double force of systemd's poweroff calls reboot(2) at once, but not
# without a sync unless asked to; that it can be asked to stands in its manual, not in its --help.
METHODS = (
    Method(
        "poweroff --force --force --no-sync",
        ("poweroff", "--no-sync", "--help"),
        ("poweroff", "--force", "--force", "--no-sync"),
        ("reboot", "--force", "--force", "--no-sync"),
        "reboot --force --force --no-sync",
    ),
    Method(
        "reboot(2) from python3",
        ("python3", "-c", "import ctypes; ctypes.CDLL(None).reboot"),
        ("python3", "-c", _POWER_OFF),
        ("python3", "-c", _RESTART),
        "reboot(2) from python3",
    ),
    Method(
        "poweroff -f -n",
        ("sh", "-c", "poweroff --help 2>&1 | grep -q BusyBox"),
        ("poweroff", "-f", "-n"),
        ("reboot", "-f", "-n"),
        "reboot -f -n",
    ),
)


class SshPower:
    """Power-off of one host through its own kernel.

    :param host: the host; its login must be root or have ``sudo: true``
    """

    name = "ssh"

    def __init__(self, host: Host) -> None:
        self.host = host
        self._method: Method | None = None

    def describe(self) -> str:
        """Say how this driver switches power."""
        method = self._method.name if self._method else "not found out yet"
        return f"power-off without sync over SSH, by {method}"

    def why_not(self) -> str:
        """Its login has to be root's, or to use sudo."""
        ssh = self.host.ssh
        if ssh.user == "root" or ssh.sudo:
            return ""
        return f"the login {ssh.user} is not root's; {ROOT_REMEDY}"

    def prepare(self, deadline: Deadline) -> None:
        """Find out which way the host has, touching nothing.

        :raises chaos.errors.PowerUnsupported: if it has none
        :raises chaos.errors.ShellError: if it cannot be asked
        """
        self.method(deadline)

    def method(self, deadline: Deadline) -> Method:
        """Return the way that the host has, found out at the first call.

        :raises chaos.errors.PowerUnsupported: if it has none
        :raises chaos.errors.ShellError: if it cannot be asked
        """
        if self._method is None:
            with HostShell(self.host) as shell:
                self._method = self._find(shell, deadline)
        return self._method

    def _find(self, shell: HostShell, deadline: Deadline) -> Method:
        if not acts_as_root(shell, deadline):
            raise errors.PowerUnsupported(
                f"the login on {self.host.name} does not act as root",
                remedy=ROOT_REMEDY,
            )
        for method in METHODS:
            if shell.run(method.probe, deadline).exit_status == 0:
                return method
        raise errors.PowerUnsupported(
            f"{self.host.name} has no way to power off at once without a sync",
            expected="poweroff of systemd or busybox, or python3",
        )

    def off(self, deadline: Deadline) -> None:
        """End the host's system and return when it has stopped answering this login.

        :raises chaos.errors.PowerError: if the command came back instead
        """
        self._end(deadline, restart=False)

    def restart(self, deadline: Deadline) -> None:
        """Let the host restart at once; return when it has stopped answering this login.

        :raises chaos.errors.PowerError: if the command came back instead
        """
        self._end(deadline, restart=True)

    def _end(self, deadline: Deadline, *, restart: bool) -> None:
        try:
            method = self.method(deadline)
            name = method.restart_name if restart else method.name
            argv = method.restart if restart else method.off
            with HostShell(self.host) as shell:
                # Log in first, so that only the silence after the command is taken for death.
                shell.check(["true"], deadline)
                done = shell.run(argv, deadline.within(SILENCE_SECONDS))
        except (errors.ConnectionLost, errors.DeadlineExpired):
            return
        except errors.ShellError as exc:
            raise errors.PowerError(f"{self.host.name}: {exc.found}", remedy=exc.remedy) from exc
        if done.exit_status == 0:
            # Where reboot(2) ends a container, the command may be over before the container is.
            return
        raise errors.PowerError(
            f"{name} on {self.host.name} came back with status {done.exit_status}: "
            f"{done.stderr.strip()[-200:]}",
            expected="no answer ever again",
        )

    def on(self, deadline: Deadline) -> None:
        """Never possible.

        :raises chaos.errors.PowerUnsupported: always
        """
        raise errors.PowerUnsupported(
            f"{self.host.name} cannot be switched on over SSH",
            remedy="give it a bmc in the hosts file",
        )

    def prepare_on(self, deadline: Deadline) -> None:
        """Never possible.

        :raises chaos.errors.PowerUnsupported: always
        """
        self.on(deadline)

    def try_on(self, deadline: Deadline) -> None:
        """Never possible.

        :raises chaos.errors.PowerUnsupported: always
        """
        self.on(deadline)

    def reset(self, deadline: Deadline) -> None:
        """Never possible, for want of :meth:`on`.

        :raises chaos.errors.PowerUnsupported: always, before anything is touched
        """
        self.on(deadline)

    def status(self, deadline: Deadline) -> PowerState:
        """Read on if the host can be logged in to, else unknown: silence is not off."""
        try:
            with HostShell(self.host) as shell:
                shell.check(["true"], deadline)
        except (errors.ShellError, errors.DeadlineExpired):
            return PowerState.UNKNOWN
        return PowerState.ON
