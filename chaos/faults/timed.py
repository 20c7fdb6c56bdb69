# SPDX-License-Identifier: Apache-2.0
"""What all faults have in common from which a timer of the host recovers it.

They are injected by commands on the host, over SSH, and may be the end of SSH. So a timer is set
there first: it is armed, seen to be armed, and the fault is injected only while it waits. Knows
hosts and timers, no fault in particular.
"""

import shlex
import uuid
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from chaos import errors
from chaos.deadline import Deadline
from chaos.faults.contract import Fault
from chaos.inventory import Host
from chaos.power import bmc_power
from chaos.transport.host_timer import NOT_ARMED, HostTimer, driver_of, name_of, why_not
from chaos.transport.shell import HostShell

PRECHECK_SECONDS = 90.0
ARM_SECONDS = 30.0
# A host that has just been cut off sends no answer: nothing for so long is no error.
SILENCE_SECONDS = 4.0
RECOVER_SECONDS = 300.0


class TimedFault(Fault):
    """A fault from which a timer of the host recovers it.

    :param recover_after: seconds after which the host recovers by itself, if nobody has done it
    :param power_cycle: if the host is not back long after that, its BMC may reset it
    :param more: as :class:`chaos.faults.contract.Fault` takes them

    :ivar token: in the names of all that this fault leaves on the host, and no other
    """

    ready = "armed"

    def __init__(
        self,
        host: Host,
        *,
        recover_after: float = RECOVER_SECONDS,
        power_cycle: bool = False,
        **more: Any,
    ) -> None:
        super().__init__(host, **{"witnesses": (), **more})
        self.token = uuid.uuid4().hex[:8]
        self.shell = self._closing(HostShell(host))
        self.how = ""
        self._recover_after = recover_after
        self._power_cycle = power_cycle
        self._timer: HostTimer | None = None

    # What a fault of its own fills in.

    def _check_options(self) -> list[str]:
        """Return why it cannot be injected as it was asked for; asks no host."""
        raise NotImplementedError

    def _prepare(self, deadline: Deadline) -> list[str]:
        """Return why the host does not carry it; find out how it is injected and who can see it.

        :raises chaos.errors.ChaosError: if the host cannot be asked
        """
        raise NotImplementedError

    def _injection(self) -> tuple[str, bytes | None]:
        """Return a script for the host's shell, and its standard input."""
        raise NotImplementedError

    def _recovery_commands(self) -> Sequence[Sequence[str]]:
        """Return the commands that recover the host."""
        raise NotImplementedError

    def _data(self) -> dict[str, Any]:
        """Return what the recovery needs to know of this kind of fault."""
        raise NotImplementedError

    @property
    def cuts_off(self) -> bool:
        """Whether the login may be lost by it."""
        return False

    # The contract.

    def _precheck(self, deadline: Deadline) -> list[str]:
        deadline = deadline.within(PRECHECK_SECONDS)
        reasons = self._check_options() or why_not(self._recover_after) or self._last_resort()
        if reasons:
            return reasons
        try:
            power = bmc_power(self.host)
            if self._power_cycle and power is not None:
                power.prepare(deadline)
            reasons = self._check_login(self.shell, deadline, root=True)
            if reasons:
                return reasons
            driver = driver_of(self.shell, deadline)
            self._timer = HostTimer(name_of(self.token), driver, self._recover_after)
            reasons = self._prepare(deadline)
        except errors.ChaosError as exc:
            return [f"{exc}."]
        return reasons or self._check_witnesses(deadline)

    def _last_resort(self) -> list[str]:
        if self._power_cycle and bmc_power(self.host) is None:
            return [
                f"{self.host.name} has no bmc in the hosts file, so no power cycle could be the "
                "last resort: add its bmc, or do not ask for it."
            ]
        return []

    def _try_way_back(self, deadline: Deadline) -> list[str]:
        power = bmc_power(self.host)
        if self._power_cycle and power is not None:
            power.try_on(deadline.within(PRECHECK_SECONDS))
        return []

    def _journal_data(self) -> dict[str, Any]:
        assert self._timer is not None
        return {
            "token": self.token,
            "how": self.how,
            "boot_id": self.boot_id,
            "timer": asdict(self._timer),
            "power_cycle": self._power_cycle,
            **self._data(),
        }

    def _make_ready(self, deadline: Deadline) -> None:
        assert self._timer is not None
        self._timer.arm(self.shell, self._recovery_commands(), deadline.within(ARM_SECONDS))

    def _inject(self, deadline: Deadline) -> None:
        assert self._timer is not None
        script, given = self._injection()
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
            raise errors.TimerNotArmed(
                f"the {self._timer.describe()} was over before anything was done, so nothing was",
                remedy="give the host's own timer more time",
            )
        if done.exit_status:
            raise errors.ShellError(
                f"{self.host.name} did not carry it out (status {done.exit_status}): "
                f"{(done.stderr or done.stdout).strip()[-300:]}"
            )

    def _about(self) -> dict[str, Any]:
        timer = self._timer.describe() if self._timer else ""
        return {**super()._about(), "how": self.how, "timer": timer}
