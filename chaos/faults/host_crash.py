# SPDX-License-Identifier: Apache-2.0
"""What all faults have in common that end the system of a whole host.

Who it is, that it can be brought back, and that it can be seen alive: all asked before. Knows the
host's power and its boot ID.
"""

from typing import Any

from chaos import errors
from chaos.deadline import Deadline
from chaos.faults.contract import Fault
from chaos.guard import Identity
from chaos.power import PowerControl, PowerState, bmc_power
from chaos.transport.shell import HostShell
from chaos.witnesses.boot_id import read_boot_id

# Logins and questions of the precheck; a host that needs longer is not healthy enough to kill.
PRECHECK_SECONDS = 30.0


class HostDeath(Fault):
    """The end of a host's running system; see :class:`chaos.faults.contract.Fault`.

    :ivar boot_id: the boot ID of the system that is to die
    """

    undo = "power_on"
    boot_id = ""

    @property
    def boot_id_after(self) -> str:
        """The boot ID of the system that came back, "" before that."""
        return str(self.seen.get("boot_id") or "")

    def _way_down(self, deadline: Deadline) -> list[str]:
        """Return why the harm cannot be done, having made ready to do it."""
        raise NotImplementedError

    def _precheck(self, deadline: Deadline) -> list[str]:
        deadline = deadline.within(PRECHECK_SECONDS)
        way_back = bmc_power(self.host)
        if way_back is None:
            return [
                f"{self.host.name} has no bmc in the hosts file, so it could not be switched on "
                "again: add its bmc."
            ]
        return (
            self._way_named()
            or self._who_is_it(deadline)
            or self._way_back(way_back, deadline)
            or self._way_down(deadline)
            or self._qualify(deadline)
        )

    def _way_named(self) -> list[str]:
        """Return why the way to do it, as it was named, is none; touches nothing."""
        return []

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

    def _about(self) -> dict[str, Any]:
        return {**super()._about(), "boot_id": self.boot_id}
