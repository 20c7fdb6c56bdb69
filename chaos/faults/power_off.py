# SPDX-License-Identifier: Apache-2.0
"""Fault: the host's power is gone at once, nothing synced, nothing stopped.

By the BMC, with whatever driver the hosts file gives it (``via="bmc"``), or by the host's own
kernel (``via="ssh"``); either way the host is brought back by its BMC, so a host without one is
refused.
"""

from typing import Any

from chaos import errors
from chaos.deadline import Deadline
from chaos.faults.host_crash import HostCrash
from chaos.inventory import Host
from chaos.power import BMC, driver_name, power_control, why_not


class PowerOff(HostCrash):
    """Power off one host.

    :param via: ``bmc``, ``ssh``, or the name of the driver of the host's BMC
    :param more: as :class:`chaos.faults.contract.Fault` takes them

    :ivar how: how the power is switched, in words, once that is found out
    """

    kind = "power_off"

    def __init__(self, host: Host, via: str = BMC, **more: Any) -> None:
        super().__init__(host, **more)
        self.via = via
        self.how = ""

    @property
    def driver(self) -> str:
        """Name of the driver that really switches off: ``ipmi`` where ``bmc`` was asked for."""
        return driver_name(self.host, self.via)

    def _why_not_power(self) -> str:
        return why_not(self.host, self.via)

    def _prepare(self, deadline: Deadline) -> list[str]:
        self._power = power_control(self.host, self.via)
        try:
            self._power.prepare(deadline)
        except errors.ChaosError as exc:
            return [f"{exc}."]
        self.how = self._power.describe()
        return []

    def _journal_data(self) -> dict[str, Any]:
        words = {"via": self.via, "driver": self.driver, "how": self.how}
        return {**words, "boot_id": self.boot_id}

    def _inject(self, deadline: Deadline) -> None:
        self._power.off(deadline)

    def _about(self) -> dict[str, Any]:
        return {**super()._about(), "via": self.via, "how": self.how}
