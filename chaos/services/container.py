# SPDX-License-Identifier: Apache-2.0
"""A service that is a container of docker or podman, as kolla and others run them."""

from chaos.deadline import Deadline
from chaos.inventory import Service
from chaos.shell import HostShell


class ContainerService:
    """One container; both engines have the same commands for it.

    :param shell: a login on its host
    """

    def __init__(self, shell: HostShell, service: Service) -> None:
        self._shell = shell
        self._name = service.name
        self.driver = service.driver

    def describe(self) -> str:
        """Name the container."""
        return f"{self.driver} container {self._name}"

    def pid(self, deadline: Deadline) -> int:
        """Return the container's first process, as the host numbers it, 0 if it is stopped."""
        argv = [self.driver, "inspect", "--format", "{{.State.Pid}}", self._name]
        return int(self._shell.check(argv, deadline).stdout.strip() or 0)

    def stop(self, deadline: Deadline) -> None:
        """Stop the container."""
        self._shell.check([self.driver, "stop", self._name], deadline)

    def start(self, deadline: Deadline) -> None:
        """Start the container."""
        self._shell.check([self.driver, "start", self._name], deadline)
