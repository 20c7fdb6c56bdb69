# SPDX-License-Identifier: Apache-2.0
"""What a service driver does: tell the service's process, stop it, start it.

Signals need no driver: they go to the process, whoever started it.
"""

from typing import Protocol

from chaos.deadline import Deadline


class ServiceControl(Protocol):
    """One service of one host."""

    @property
    def driver(self) -> str:
        """The driver's name, as in the hosts file: ``systemd``, ``docker``."""

    def describe(self) -> str:
        """Say which service it is, for the record."""

    def pid(self, deadline: Deadline) -> int:
        """Return its main process's ID as the host numbers it; 0 if it does not run.

        :raises chaos.errors.ShellError: if it cannot be asked
        """

    def stop(self, deadline: Deadline) -> None:
        """Stop it in the way of an administrator, and return when it has stopped.

        :raises chaos.errors.ShellError: if it does not stop
        """

    def start(self, deadline: Deadline) -> None:
        """Start it; nothing happens if it runs.

        :raises chaos.errors.ShellError: if that is refused
        """
