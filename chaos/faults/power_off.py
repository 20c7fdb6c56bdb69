# SPDX-License-Identifier: Apache-2.0
"""Fault: the host's power is gone at once, nothing synced, nothing stopped.

By the BMC (``via="ipmi"``) or by the host's own kernel (``via="ssh"``); either way the host is
brought back by its BMC, so a host without one is refused.
"""

from typing import Any

from chaos import errors
from chaos.deadline import Deadline
from chaos.faults.contract import HostFault, Observe
from chaos.guard import Guard, Identity
from chaos.inventory import Host
from chaos.journal import Journal
from chaos.power import PowerControl, PowerState, bmc_power, power_control
from chaos.power.ssh import SshPower
from chaos.shell import HostShell
from chaos.witnesses import Witness
from chaos.witnesses.boot_id import read_boot_id

# Logins and questions of the precheck; a host that needs longer is not healthy enough to kill.
PRECHECK_SECONDS = 30.0


class PowerOff(HostFault):
    """Power off one host; see :class:`chaos.faults.contract.HostFault` for the rest.

    :param via: ``ipmi`` or ``ssh``
    """

    kind = "power_off"
    undo = "power_on"

    def __init__(
        self,
        host: Host,
        via: str,
        *,
        journal: Journal,
        deadline: Deadline,
        observe: Observe | None = None,
        guard: Guard | None = None,
        look: tuple[Witness, ...] | None = None,
        confirm_within: float = 30.0,
    ) -> None:
        super().__init__(
            host,
            journal=journal,
            deadline=deadline,
            observe=observe,
            guard=guard,
            look=look,
            confirm_within=confirm_within,
        )
        self.via = via
        self.how = ""
        self._power: PowerControl | None = None

    @property
    def driver(self) -> str:
        """Name of the driver that switches off."""
        return self.via

    def _precheck(self, deadline: Deadline) -> list[str]:
        deadline = deadline.within(PRECHECK_SECONDS)
        way_back = bmc_power(self.host)
        if way_back is None:
            return [
                f"{self.host.name} has no bmc in the hosts file, so it could not be switched on "
                "again: add its bmc."
            ]
        try:
            self._power = power_control(self.host, self.via)
        except errors.PowerUnsupported as exc:
            return [f"{exc}."]
        return (
            self._who_is_it(deadline)
            or self._way_back(way_back, deadline)
            or self._way_down(deadline)
            or self._qualify(deadline)
        )

    def _who_is_it(self, deadline: Deadline) -> list[str]:
        try:
            with HostShell(self.host) as shell:
                self.boot_id = read_boot_id(shell, deadline)
                machine_id = shell.run(["cat", "/etc/machine-id"], deadline).stdout.strip()
        except errors.ChaosError as exc:
            return [f"{self.host.name} is not healthy before the fault: {exc}."]
        return self.guard.of_identity(self.host, Identity(self.boot_id, machine_id))

    def _way_back(self, power: PowerControl, deadline: Deadline) -> list[str]:
        """The BMC that is to switch the host on must answer, and know that it is on."""
        try:
            state = power.status(deadline)
        except errors.ChaosError as exc:
            return [f"Its BMC could not switch {self.host.name} on again: {exc}."]
        if state is not PowerState.ON:
            return [
                f"{self.host.name} answers over SSH while its BMC reads {state.value}: this may "
                "be another machine's BMC; check bmc.address."
            ]
        return []

    def _way_down(self, deadline: Deadline) -> list[str]:
        assert self._power is not None
        if isinstance(self._power, SshPower):
            try:
                self._power.prepare(deadline)
            except errors.ChaosError as exc:
                return [f"{exc}."]
        self.how = self._power.describe()
        return []

    def _promise(self) -> dict[str, Any]:
        return {"via": self.via, "how": self.how, "boot_id": self.boot_id}

    def _inject(self, deadline: Deadline) -> None:
        assert self._power is not None
        self._power.off(deadline)

    def _about(self) -> dict[str, Any]:
        return {**super()._about(), "how": self.how}
