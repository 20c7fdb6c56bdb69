# SPDX-License-Identifier: Apache-2.0
"""What a service driver does: find the service's process, stop it, start it, hold it back.

A service that is held back runs on, but nothing starts it any more, at the host's next boot
neither, until it is released. Signals need no driver: they go to the process, whoever started it.
"""

from dataclasses import dataclass
from typing import Any, Protocol

from chaos.deadline import Deadline

# What holding a service back changes, as it was before: plain data, for the journal.
Found = dict[str, Any]


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

    def before_hold(self, deadline: Deadline) -> Found:
        """Return how that is which holding it back would change; changes nothing.

        :raises chaos.errors.ServiceError: if it cannot be held back; says why
        :raises chaos.errors.ShellError: if it cannot be asked
        """

    def hold(self, found: Found, deadline: Deadline) -> None:
        """Hold it back. When this returns, that is on the host's disk.

        :param found: what :meth:`before_hold` has returned
        :raises chaos.errors.ShellError: if that is refused
        """

    def why_not_held(self, found: Found, deadline: Deadline) -> str:
        """Return what lets it be started, in words; "" if it is held back.

        :raises chaos.errors.ShellError: if it cannot be asked
        """

    def release(self, found: Found, deadline: Deadline) -> None:
        """Put back what was found, and start nothing; may be called again.

        :raises chaos.errors.ShellError: if that is refused
        """

    def release_by_hand(self, found: Found) -> str:
        """Return what somebody on the host has to type to release and start it."""
