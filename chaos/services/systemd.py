# SPDX-License-Identifier: Apache-2.0
"""A service that is a unit of systemd. Knows systemctl."""

from chaos.deadline import Deadline
from chaos.inventory import Service
from chaos.shell import HostShell


class SystemdService:
    """One unit.

    :param shell: a login on its host
    """

    driver = "systemd"

    def __init__(self, shell: HostShell, service: Service) -> None:
        self._shell = shell
        self._unit = service.name

    def describe(self) -> str:
        """Name the unit."""
        return f"unit {self._unit}"

    def pid(self, deadline: Deadline) -> int:
        """Return the unit's main process, 0 if there is none."""
        argv = ["systemctl", "show", "--property=MainPID", "--value", "--", self._unit]
        return int(self._shell.check(argv, deadline).stdout.strip() or 0)

    def stop(self, deadline: Deadline) -> None:
        """Stop the unit."""
        self._shell.check(["systemctl", "stop", "--", self._unit], deadline)

    def start(self, deadline: Deadline) -> None:
        """Start the unit, forgetting that it failed too often."""
        self._shell.run(["systemctl", "reset-failed", "--", self._unit], deadline)
        self._shell.check(["systemctl", "start", "--", self._unit], deadline)
