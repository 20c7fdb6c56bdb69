# SPDX-License-Identifier: Apache-2.0
"""Fault: the host's kernel ends at once and starts anew by itself, as after a panic.

Nothing is synced, nothing is stopped. It is asked for over SSH and needs no BMC; if there is one,
it switches on a host that does not come back. It is proved by those who knew the system that ran.
"""

from typing import Any

from chaos import errors
from chaos.deadline import Deadline
from chaos.faults.host_crash import PRECHECK_SECONDS, HostDeath
from chaos.inventory import Host
from chaos.power import bmc_power
from chaos.power.ssh import SshPower
from chaos.transport.shell import HostShell
from chaos.witnesses.boot_id import BootIdWitness
from chaos.witnesses.init_start import InitStartWitness


class Panic(HostDeath):
    """Let one host die and start anew by itself; see ``HostDeath``."""

    kind = "panic"

    def __init__(self, host: Host, **more: Any) -> None:
        # A server's firmware takes minutes; only then is there a new boot ID to be read.
        super().__init__(host, **{"look": (), "confirm_within": 900.0, **more})
        self.how = ""
        self._shell = self._held(HostShell(host))
        self._power = SshPower(host)

    @property
    def driver(self) -> str:
        """Name of the driver that lets it die."""
        return self._power.name

    def _precheck(self, deadline: Deadline) -> list[str]:
        deadline = deadline.within(PRECHECK_SECONDS)
        power = bmc_power(self.host)
        return (
            self._who_is_it(deadline)
            or (self._way_back(power, deadline) if power else [])
            or self._way_down(deadline)
            or self._qualify(deadline)
        )

    def _way_down(self, deadline: Deadline) -> list[str]:
        try:
            method = self._power.prepare(deadline)
        except errors.ChaosError as exc:
            return [f"{exc}."]
        self.how = f"restart without sync over SSH, by {method.anew_name}"
        self._witnesses = self._witnesses or (
            BootIdWitness(self._shell, self.boot_id),
            InitStartWitness(self._shell),
        )
        return []

    def _promise(self) -> dict[str, Any]:
        return {"how": self.how, "boot_id": self.boot_id, "anew": True}

    def _inject(self, deadline: Deadline) -> None:
        self._power.restart(deadline)

    def _about(self) -> dict[str, Any]:
        return {**super()._about(), "how": self.how}
