# SPDX-License-Identifier: Apache-2.0
"""Fault: the host is reset by its BMC: off, seen off, on; it boots at once.

It is proved by those who knew the system that ran: a new boot ID, and a heartbeat that is lost.
"""

from typing import Any

from chaos import errors
from chaos.deadline import Deadline
from chaos.faults.host_crash import HostCrash
from chaos.inventory import Host
from chaos.power import BMC, driver_name, power_control, why_not
from chaos.transport import HostShell
from chaos.witnesses.boot_id import BootIdWitness
from chaos.witnesses.heartbeat import HeartbeatWitness


class HardReset(HostCrash):
    """Reset one host by its BMC; see :class:`chaos.faults.host_crash.HostCrash`."""

    kind = "hard_reset"

    def __init__(self, host: Host, **more: Any) -> None:
        # A server's firmware takes minutes; only then is there a new boot ID to be read.
        super().__init__(host, **{"witnesses": (), "confirm_within": 900.0, **more})
        self._shell = self._closing(HostShell(host))
        self._heartbeat = self._closing(HeartbeatWitness(host))

    @property
    def driver(self) -> str:
        """Name of the driver that resets."""
        return driver_name(self.host, BMC)

    def _why_not_power(self) -> str:
        return why_not(self.host, BMC)

    def _prepare(self, deadline: Deadline) -> list[str]:
        self._power = power_control(self.host, BMC)
        try:
            self._power.prepare(deadline)
        except errors.ChaosError as exc:
            return [f"{exc}."]
        self._witnesses = self._witnesses or (
            BootIdWitness(self._shell, self.boot_id),
            self._heartbeat,
        )
        return []

    def _journal_data(self) -> dict[str, Any]:
        return {"driver": self.driver, "how": self._power.describe(), "boot_id": self.boot_id}

    def _inject(self, deadline: Deadline) -> None:
        self._power.reset(deadline)
