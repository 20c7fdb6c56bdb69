# SPDX-License-Identifier: Apache-2.0
"""Does a crashed host stay as it must until it is recovered: its service down, none of its guests?

Looks only, over one login that is kept and made again when it is lost. Knows a host, one of its
services and how that is held back; nothing of what it is held back for.
"""

from dataclasses import dataclass

from chaos import errors, foreign
from chaos.deadline import Deadline
from chaos.inventory import Host
from chaos.services import Found, service_control
from chaos.transport import HostShell
from chaos.witnesses.guests import count_guests

# One look; a host that needs longer for it could not be asked.
LOOK_SECONDS = 15.0


@dataclass(frozen=True)
class HeldState:
    """What such a host was at one time.

    :ivar error: why it could not be asked; "" if it could, and only then the rest says something
    :ivar not_held: what lets the service be started, in words; "" if it is held back
    :ivar pid: the service's process; 0 if it does not run
    :ivar guests: how many guests run
    """

    error: str = ""
    not_held: str = ""
    pid: int = 0
    guests: int = 0

    @property
    def wrong(self) -> str:
        """What is not as it must be, in words; "" if nothing is, or if it could not be asked."""
        if self.error:
            return ""
        found = (
            self.not_held,
            f"it runs as process {self.pid}" if self.pid else "",
            f"{self.guests} guest(s) run" if self.guests else "",
        )
        return "; ".join(filter(None, found))


class HeldHost:
    """Looks at one host; a context manager that logs out at its end.

    :param service: name of the service that is held back
    :param found: what :meth:`chaos.services.ServiceControl.before_hold` found
    :param unit: the unit that keeps it, if it is a container's
    """

    def __init__(self, host: Host, service: str, found: Found, unit: str = "") -> None:
        self._shell = HostShell(host)
        self._found = found
        self._control = service_control(host, service, self._shell, unit)

    def __enter__(self) -> "HeldHost":
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def close(self) -> None:
        """Log out; harmless if there is no connection."""
        self._shell.close()

    def look(self, deadline: Deadline) -> HeldState:
        """Look once. Never raises."""
        within = deadline.within(LOOK_SECONDS)
        try:
            with foreign.raised_as(errors.ShellError, self._shell.host.name):
                return HeldState(
                    not_held=self._control.why_not_held(self._found, within),
                    pid=self._control.pid(within),
                    guests=count_guests(self._shell, within),
                )
        except errors.ChaosError as exc:
            return HeldState(error=exc.found)
