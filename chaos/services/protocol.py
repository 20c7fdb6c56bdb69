# SPDX-License-Identifier: Apache-2.0
"""What a service driver does: find the service's process, stop it, start it.

Signals need no driver: they go to the process, whoever started it.
"""

from dataclasses import dataclass
from typing import Protocol

from chaos.deadline import Deadline


@dataclass(frozen=True)
class ServiceState:
    """What a service is found to be.

    :ivar known: whether there is such a unit or container at all
    :ivar pid: its main process as the host numbers it; 0 if it does not run
    """

    known: bool
    pid: int = 0


class ServiceControl(Protocol):
    """One service of one host."""

    @property
    def driver(self) -> str:
        """The driver's name, as in the hosts file: ``systemd``, ``docker``."""

    @property
    def unit(self) -> str:
        """The unit that starts it again when it ends, for whoever recovers it; "" for none.

        Of a container, and only once its state has been asked for.
        """

    def describe(self) -> str:
        """Say which service it is, for the record."""

    def state(self, deadline: Deadline) -> ServiceState:
        """Look whether it is there, and whether it runs; changes nothing.

        :raises chaos.errors.ShellError: if it cannot be asked
        """

    def pid(self, deadline: Deadline) -> int:
        """Return its main process's ID as the host numbers it; 0 if it does not run.

        :raises chaos.errors.ShellError: if it cannot be asked
        """

    def stop(self, deadline: Deadline) -> None:
        """Stop it in the way of an administrator, so that it stays so, and return then.

        :raises chaos.errors.ShellError: if it does not stop
        """

    def start(self, deadline: Deadline) -> None:
        """Start it; nothing happens if it runs.

        :raises chaos.errors.ShellError: if that is refused
        """
