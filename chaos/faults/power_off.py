# SPDX-License-Identifier: Apache-2.0
"""Fault: the host's power is gone at once, nothing synced, nothing stopped.

By the BMC (``via="ipmi"``) or by the host's own kernel (``via="ssh"``); either way the host is
brought back by its BMC, so a host without one is refused.
"""

from typing import Any

from chaos import errors
from chaos.deadline import Deadline
from chaos.faults.host_crash import HostDeath
from chaos.inventory import Host
from chaos.power import PowerControl, power_control
from chaos.power.ssh import SshPower


class PowerOff(HostDeath):
    """Power off one host.

    :param via: ``ssh``, or the driver of the host's BMC
    :param more: as :class:`chaos.faults.contract.Fault` takes them
    """

    kind = "power_off"

    def __init__(self, host: Host, via: str, **more: Any) -> None:
        super().__init__(host, **more)
        self.via = via
        self.how = ""
        self._power: PowerControl | None = None

    @property
    def driver(self) -> str:
        """Name of the driver that switches off."""
        return self.via

    def _way_named(self) -> list[str]:
        try:
            self._power = power_control(self.host, self.via)
        except errors.PowerUnsupported as exc:
            return [f"{exc}."]
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
