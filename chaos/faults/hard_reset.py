# SPDX-License-Identifier: Apache-2.0
"""Fault: the host is reset by its BMC: off, seen off, on; it boots at once.

It is proved by those who knew the system that ran: a new boot ID, and a heartbeat that is lost.
"""

from typing import Any

from chaos import errors
from chaos.deadline import Deadline
from chaos.faults.host_crash import HostDeath
from chaos.inventory import Host
from chaos.power import PowerControl, bmc_power
from chaos.transport.shell import HostShell
from chaos.witnesses.boot_id import BootIdWitness
from chaos.witnesses.heartbeat import HeartbeatWitness


class HardReset(HostDeath):
    """Reset one host by its BMC; see :class:`chaos.faults.host_crash.HostDeath`."""

    kind = "hard_reset"

    def __init__(self, host: Host, **more: Any) -> None:
        # A server's firmware takes minutes; only then is there a new boot ID to be read.
        super().__init__(host, **{"look": (), "confirm_within": 900.0, **more})
        self._shell = self._held(HostShell(host))
        self._heartbeat = self._held(HeartbeatWitness(host))
        self._power: PowerControl | None = bmc_power(host)

    @property
    def driver(self) -> str:
        """Name of the driver that resets."""
        return self._power.name if self._power else ""

    def _way_down(self, deadline: Deadline) -> list[str]:
        self._witnesses = self._witnesses or (
            BootIdWitness(self._shell, self.boot_id),
            self._heartbeat,
        )
        return []

    def _promise(self) -> dict[str, Any]:
        assert self._power is not None
        return {"how": self._power.describe(), "boot_id": self.boot_id}

    def _inject(self, deadline: Deadline) -> None:
        if self._power is None:
            raise errors.PowerUnsupported(f"{self.host.name} has no bmc")
        self._power.reset(deadline)
