# SPDX-License-Identifier: Apache-2.0
"""A service that is a unit of systemd. Knows systemctl."""

from chaos.deadline import Deadline
from chaos.inventory import Service
from chaos.services import unit_hold
from chaos.services.protocol import Found, ServiceState
from chaos.transport import HostShell


class SystemdService:
    """One unit.

    :param shell: a login on its host
    """

    driver = "systemd"
    unit = ""

    def __init__(self, shell: HostShell, service: Service) -> None:
        self._shell = shell
        self._unit = service.name

    def describe(self) -> str:
        """Name the unit."""
        return f"unit {self._unit}"

    def state(self, deadline: Deadline) -> ServiceState:
        """Look whether the unit is loaded, and for its main process."""
        found = show(self._shell, self._unit, deadline)
        return ServiceState(found.get("LoadState") == "loaded", int(found.get("MainPID") or 0))

    def pid(self, deadline: Deadline) -> int:
        """Return the unit's main process, 0 if there is none."""
        return self.state(deadline).pid

    def stop(self, deadline: Deadline) -> None:
        """Stop the unit."""
        stop(self._shell, self._unit, deadline)

    def start(self, deadline: Deadline) -> None:
        """Start the unit, forgetting that it failed too often."""
        start(self._shell, self._unit, deadline)

    def before_hold(self, deadline: Deadline) -> Found:
        """Look whether it is held back already."""
        return unit_hold.find(self._shell, self._unit, deadline)

    def hold(self, found: Found, deadline: Deadline) -> None:
        """Hold the unit back."""
        unit_hold.hold(self._shell, self._unit, deadline)

    def why_not_held(self, found: Found, deadline: Deadline) -> str:
        """Look at the file that holds it, and whether systemd heeds it."""
        return unit_hold.why_not_held(self._shell, self._unit, deadline)

    def release(self, found: Found, deadline: Deadline) -> None:
        """Release the unit."""
        unit_hold.release(self._shell, found, deadline)

    def release_by_hand(self, found: Found) -> str:
        """Name the file and the unit."""
        return unit_hold.by_hand(self._unit)


def show(shell: HostShell, unit: str, deadline: Deadline) -> dict[str, str]:
    """Return whether systemd knows a unit (``LoadState``) and its ``MainPID``."""
    argv = ["systemctl", "show", "--property=LoadState,MainPID", "--", unit]
    lines = shell.check(argv, deadline).stdout.splitlines()
    return {key: value for key, _, value in (line.partition("=") for line in lines)}


def stop(shell: HostShell, unit: str, deadline: Deadline) -> None:
    """Stop a unit and wait for that."""
    shell.check(["systemctl", "stop", "--", unit], deadline)


def start(shell: HostShell, unit: str, deadline: Deadline) -> None:
    """Start a unit, forgetting that it failed too often."""
    shell.run(["systemctl", "reset-failed", "--", unit], deadline)
    shell.check(["systemctl", "start", "--", unit], deadline)
