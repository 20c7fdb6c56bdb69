# SPDX-License-Identifier: Apache-2.0
"""What all faults have in common that end the system of a whole host at once.

Who it is, that it can be brought back, and that it can be seen alive: all asked before. Knows the
host's power and its boot ID.
"""

from typing import Any

from chaos import errors
from chaos.deadline import Deadline
from chaos.faults.contract import Fault
from chaos.power import PowerControl, PowerState, bmc_power
from chaos.transport import HostShell, read_boot_id

# Logins and questions of the precheck; a host that needs longer is not healthy enough to crash.
PRECHECK_SECONDS = 30.0


class HostCrash(Fault):
    """The end of a host's running system; see :class:`chaos.faults.contract.Fault`."""

    recovery = "power_on"

    @property
    def boot_id_after(self) -> str:
        """The boot ID of the system that came back, "" before that."""
        return str(self.recovered.get("boot_id") or "")

    def _why_not_power(self) -> str:
        """Return why the host cannot be crashed and brought back; asks nobody."""
        raise NotImplementedError

    def _prepare(self, deadline: Deadline) -> list[str]:
        """Return why it cannot be injected, having made ready for it by asking."""
        raise NotImplementedError

    def _precheck(self, deadline: Deadline) -> list[str]:
        deadline = deadline.within(PRECHECK_SECONDS)
        reason = self._why_not_power()
        if reason:
            return [reason]
        power = bmc_power(self.host)
        return (
            self._check_host(deadline)
            or (self._check_bmc(power, deadline) if power else [])
            or self._prepare(deadline)
            or self._check_witnesses(deadline)
        )

    def _check_host(self, deadline: Deadline) -> list[str]:
        try:
            with HostShell(self.host) as shell:
                return self._check_login(shell, deadline, root=False)
        except errors.ChaosError as exc:
            return [f"{self.host.name} is not healthy before the fault: {exc}."]

    def _check_bmc(self, power: PowerControl, deadline: Deadline) -> list[str]:
        """The BMC that is to switch the host on must answer, and read on."""
        try:
            state = power.status(deadline)
            power.prepare_on(deadline)
        except errors.ChaosError as exc:
            return [f"Its BMC could not switch {self.host.name} on again: {exc}."]
        if state is not PowerState.ON:
            return [
                f"{self.host.name} answers over SSH while its BMC reads {state.value}: this may "
                "be another machine's BMC; check bmc.address."
            ]
        return []

    def _try_way_back(self, deadline: Deadline) -> list[str]:
        """The way back is tried before it is needed: "on" to a host that is on."""
        power = bmc_power(self.host)
        if power is None:
            return []
        deadline = deadline.within(PRECHECK_SECONDS)
        try:
            power.try_on(deadline)
        except errors.ChaosError as exc:
            return [f"Its BMC could not switch {self.host.name} on again: {exc}."]
        with HostShell(self.host) as shell:
            now = read_boot_id(shell, deadline)
        if now != self.boot_id:
            return [
                f'{self.host.name} has been restarted by "on" of its BMC, which must change '
                "nothing to a host that is on: do not use this BMC."
            ]
        return []

    def _about(self) -> dict[str, Any]:
        return {**super()._about(), "boot_id": self.boot_id}
