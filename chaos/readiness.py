# SPDX-License-Identifier: Apache-2.0
"""Is a host ready: can it be logged in to, is it another boot than before, do its services run?

Looks only, over one login that is kept and made again when it is lost. Knows a host and its
services; nothing of what made it unready.
"""

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from chaos import errors, foreign
from chaos.deadline import Deadline
from chaos.inventory import Host
from chaos.services import service_control
from chaos.transport import HostShell, read_boot_id

LOOK_INTERVAL = 0.5
# One look; a host that needs longer for it is not ready.
LOOK_SECONDS = 15.0


@dataclass(frozen=True)
class HostState:
    """What a host was at one time.

    :ivar reachable: whether a login works
    :ivar boot_id: of the system that runs, "" if it is not reachable
    :ivar services: by name, whether each of those that were asked for runs
    :ivar detail: in words what is missing, "" if the host is ready
    :ivar t_mono: when the look ended, seconds of :func:`time.monotonic`
    """

    host: str
    reachable: bool
    boot_id: str = ""
    services: Mapping[str, bool] = field(default_factory=dict)
    detail: str = ""
    t_mono: float = field(default_factory=time.monotonic)

    @property
    def ready(self) -> bool:
        """Whether nothing is missing."""
        return not self.detail


class Readiness:
    """Looks whether a host is ready; a context manager that logs out at its end.

    :param host: the host
    :param services: names of services that have to run: ``compute``, ``libvirt``
    :param rebooted_since: a boot ID that must not be that of the running system any more
    """

    def __init__(
        self, host: Host, *, services: Iterable[str] = (), rebooted_since: str = ""
    ) -> None:
        self.host = host
        self.shell = HostShell(host)
        self._services = tuple(services)
        self._before = rebooted_since

    def __enter__(self) -> "Readiness":
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def close(self) -> None:
        """Log out; harmless if there is no connection."""
        self.shell.close()

    def look(self, deadline: Deadline) -> HostState:
        """Look once. Never raises: what cannot be asked is not ready."""
        within = deadline.within(LOOK_SECONDS)
        name = self.host.name
        try:
            with foreign.raised_as(errors.ShellError, name):
                boot_id = read_boot_id(self.shell, within)
        except errors.ChaosError as exc:
            return HostState(name, False, detail=exc.found)
        if boot_id == self._before:
            detail = f"the system that ran before runs still, boot ID {boot_id}"
            return HostState(name, True, boot_id, detail=detail)
        running: dict[str, bool] = {}
        detail = ""
        for service in self._services:
            try:
                with foreign.raised_as(errors.ServiceError, f"the {service} service"):
                    control = service_control(self.host, service, self.shell)
                    running[service] = bool(control.pid(within))
                    missing = "" if running[service] else f"{control.describe()} does not run"
            except errors.ChaosError as exc:
                running[service], missing = False, exc.found
            detail = detail or missing
        return HostState(name, True, boot_id, running, detail)

    def wait(self, deadline: Deadline, interval: float = LOOK_INTERVAL) -> HostState:
        """Look again and again until the host is ready, and return what it was then.

        :raises chaos.errors.NotReady: if it is not in time; says what was missing at last
        """
        state = self.look(deadline)
        while not state.ready:
            deadline.pause(interval)
            if deadline.expired:
                # One more look would find nothing but that.
                raise errors.NotReady(
                    f"{self.host.name} is not ready: {state.detail}",
                    remedy="look at its console and at the logs of its services",
                )
            look = self.look(deadline)
            # A look that the end of the time cut short has found nothing; the one before stands.
            if look.ready or not deadline.expired:
                state = look
        return state
