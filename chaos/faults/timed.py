# SPDX-License-Identifier: Apache-2.0
"""What all faults have in common that a host can undo by itself.

The harm is done by commands on the host, over SSH, and may be the end of SSH. So the host is told
first to undo it when a time is up: its timer is armed, seen to be armed, and the harm is done only
while it is. Knows hosts and timers, no fault in particular.
"""

import shlex
import uuid
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from chaos import errors
from chaos.deadline import Deadline
from chaos.faults.contract import Fault
from chaos.guard import Identity
from chaos.inventory import Host
from chaos.power import bmc_power
from chaos.transport.host_timer import NOT_ARMED, HostTimer, driver_of, name_of, why_not
from chaos.transport.shell import HostShell
from chaos.witnesses.boot_id import read_boot_id

PRECHECK_SECONDS = 90.0
ARM_SECONDS = 30.0
# A host that has just been cut off sends no farewell: nothing for so long is no error.
SILENCE_SECONDS = 4.0
UNDO_SECONDS = 300.0


class OnHostFault(Fault):
    """A fault that the host can undo by itself.

    :param undo_after: seconds after which the host undoes it by itself, if nobody has
    :param power_cycle: if the host is not back long after that, its BMC may reset it
    :param more: as :class:`chaos.faults.contract.Fault` takes them

    :ivar token: tells what this fault leaves on the host from what others do
    """

    arms = True

    def __init__(
        self,
        host: Host,
        *,
        undo_after: float = UNDO_SECONDS,
        power_cycle: bool = False,
        **more: Any,
    ) -> None:
        super().__init__(host, **{"look": (), **more})
        self.token = uuid.uuid4().hex[:8]
        self.shell = self._held(HostShell(host))
        self.boot_id = ""
        self.how = ""
        self._undo_after = undo_after
        self._power_cycle = power_cycle
        self._timer: HostTimer | None = None

    # What a fault of its own fills in.

    def _named(self) -> list[str]:
        """Return why it cannot be done as it was asked for; asks no host."""
        raise NotImplementedError

    def _prepare(self, deadline: Deadline) -> list[str]:
        """Return why the host does not carry it; find out how it is done and who can see it.

        :raises chaos.errors.ChaosError: if the host cannot be asked
        """
        raise NotImplementedError

    def _harm(self) -> tuple[str, bytes | None]:
        """Return a text for the host's shell, and its standard input."""
        raise NotImplementedError

    def _undoing(self) -> Sequence[Sequence[str]]:
        """Return the commands that undo it."""
        raise NotImplementedError

    def _data(self) -> dict[str, Any]:
        """Return what the undoing needs to know of this kind of fault."""
        raise NotImplementedError

    @property
    def cuts_off(self) -> bool:
        """Whether the login may be lost by it."""
        return False

    # The contract.

    def _precheck(self, deadline: Deadline) -> list[str]:
        deadline = deadline.within(PRECHECK_SECONDS)
        reasons = self._named() or why_not(self._undo_after) or self._last_resort()
        if reasons:
            return reasons
        try:
            self.boot_id = read_boot_id(self.shell, deadline)
            machine_id = self.shell.run(["cat", "/etc/machine-id"], deadline).stdout.strip()
            reasons = self.guard.of_identity(self.host, Identity(self.boot_id, machine_id))
            if reasons:
                return reasons
            if self.shell.check(["id", "-u"], deadline).stdout.strip() != "0":
                return [
                    f"The login {self.host.ssh.user} on {self.host.name} does not act as root: "
                    "set ssh.user to root, or ssh.sudo to true with a NOPASSWD rule."
                ]
            driver = driver_of(self.shell, deadline)
            self._timer = HostTimer(name_of(self.token), driver, self._undo_after)
            reasons = self._prepare(deadline)
        except errors.ChaosError as exc:
            return [f"{exc}."]
        return reasons or self._qualify(deadline)

    def _last_resort(self) -> list[str]:
        if self._power_cycle and bmc_power(self.host) is None:
            return [
                f"{self.host.name} has no bmc in the hosts file, so no power cycle could be the "
                "last resort: add its bmc, or do not ask for it."
            ]
        return []

    def _promise(self) -> dict[str, Any]:
        assert self._timer is not None
        return {
            "token": self.token,
            "how": self.how,
            "boot_id": self.boot_id,
            "timer": asdict(self._timer),
            "power_cycle": self._power_cycle,
            **self._data(),
        }

    def _arm(self, deadline: Deadline) -> None:
        assert self._timer is not None
        self._timer.arm(self.shell, self._undoing(), deadline.within(ARM_SECONDS))

    def _inject(self, deadline: Deadline) -> None:
        assert self._timer is not None
        script, given = self._harm()
        guarded = f"{shlex.join(self._timer.test())} >/dev/null || exit {NOT_ARMED}; {script}"
        within = deadline.within(SILENCE_SECONDS) if self.cuts_off else deadline
        try:
            done = self.shell.run(["sh", "-c", guarded], within, input=given)
        except (errors.ConnectionLost, errors.DeadlineExpired):
            if not self.cuts_off:
                raise
            return
        finally:
            if self.cuts_off:
                # What hangs on the old connection would hang for as long as TCP has patience.
                self.shell.close()
        if done.exit_status == NOT_ARMED:
            raise errors.NotArmed(
                f"the {self._timer.describe()} was over before anything was done, so nothing was",
                remedy="give the host's own undo more time",
            )
        if done.exit_status:
            raise errors.ShellError(
                f"{self.host.name} did not do it (status {done.exit_status}): "
                f"{(done.stderr or done.stdout).strip()[-300:]}"
            )

    def _about(self) -> dict[str, Any]:
        timer = self._timer.describe() if self._timer else ""
        return {**super()._about(), "how": self.how, "timer": timer}
