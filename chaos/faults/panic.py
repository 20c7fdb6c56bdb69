# SPDX-License-Identifier: Apache-2.0
"""Fault: the host's kernel ends at once and the host restarts by itself, as after a panic.

Nothing is synced, nothing is stopped. It is asked for over SSH and needs no BMC; if there is one,
it switches on a host that does not come back. It is proved by those who knew the system that ran.
"""

from typing import Any

from chaos import errors
from chaos.deadline import Deadline
from chaos.faults.host_crash import HostCrash
from chaos.inventory import Host
from chaos.power.ssh import SshPower
from chaos.transport import HostShell
from chaos.witnesses.boot_id import BootIdWitness
from chaos.witnesses.init_start import InitStartWitness


class Panic(HostCrash):
    """Crash one host, which restarts by itself; see :class:`chaos.faults.host_crash.HostCrash`."""

    kind = "panic"

    def __init__(self, host: Host, **more: Any) -> None:
        # A server's firmware takes minutes; only then is there a new boot ID to be read.
        super().__init__(host, **{"witnesses": (), "confirm_within": 900.0, **more})
        self.how = ""
        self._shell = self._closing(HostShell(host))
        self._power = SshPower(host)

    @property
    def driver(self) -> str:
        """Name of the driver that crashes it."""
        return self._power.name

    def _why_not_power(self) -> str:
        reason = self._power.why_not()
        return f"{self.host.name} cannot be crashed over SSH: {reason}." if reason else ""

    def _prepare(self, deadline: Deadline) -> list[str]:
        try:
            method = self._power.method(deadline)
        except errors.ChaosError as exc:
            return [f"{exc}."]
        self.how = f"restart without sync over SSH, by {method.restart_name}"
        self._witnesses = self._witnesses or (
            BootIdWitness(self._shell, self.boot_id),
            InitStartWitness(self._shell),
        )
        return []

    def _journal_data(self) -> dict[str, Any]:
        return {"how": self.how, "boot_id": self.boot_id, "restarts": True}

    def _inject(self, deadline: Deadline) -> None:
        self._power.restart(deadline)

    def _about(self) -> dict[str, Any]:
        return {**super()._about(), "how": self.how}
