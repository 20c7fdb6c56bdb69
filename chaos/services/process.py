# SPDX-License-Identifier: Apache-2.0
"""A service that nothing supervises: a plain process, found by how its command line begins."""

import re
import shlex

from chaos import errors
from chaos.deadline import Deadline
from chaos.inventory import Service
from chaos.services.protocol import Found, ServiceState
from chaos.transport import HostShell

POLL = 0.2
NO_HOLD = "it is a plain process, and nobody knows what starts it at boot"


class ProcessService:
    """One process.

    :param shell: a login on its host
    """

    driver = "process"
    unit = ""

    def __init__(self, shell: HostShell, service: Service) -> None:
        self._shell = shell
        self._service = service

    def describe(self) -> str:
        """Say how the process is found."""
        return f"process {self._service.name!r}"

    def state(self, deadline: Deadline) -> ServiceState:
        """Look for the process; one that does not run is known if it can be started."""
        pid = self.pid(deadline)
        return ServiceState(bool(pid or self._service.start), pid)

    def pid(self, deadline: Deadline) -> int:
        """Return the oldest such process, 0 if there is none."""
        pattern = "^" + re.escape(self._service.name)
        found = self._shell.run(["pgrep", "--oldest", "--full", "--", pattern], deadline)
        return int(found.stdout.split()[0]) if found.exit_status == 0 else 0

    def stop(self, deadline: Deadline) -> None:
        """Ask it to end, and wait for that."""
        pid = self.pid(deadline)
        if not pid:
            return
        self._shell.check(["kill", "-TERM", str(pid)], deadline)
        for _ in deadline.ticks(POLL):
            if self.pid(deadline) != pid:
                return
        raise errors.ServiceError(f"{self.describe()} does not end", expected="its end on SIGTERM")

    def start(self, deadline: Deadline) -> None:
        """Start it again, if the hosts file says how."""
        if self.pid(deadline):
            return
        if not self._service.start:
            raise errors.ServiceError(
                f"nobody knows how to start {self.describe()}",
                remedy="give it start: [...] in the hosts file",
            )
        command = f"setsid --fork {shlex.join(self._service.start)} </dev/null >/dev/null 2>&1"
        self._shell.check(["sh", "-c", command], deadline)

    def before_hold(self, deadline: Deadline) -> Found:
        """Refuse: nothing starts it that could be kept from doing so."""
        raise errors.ServiceError(
            f"{self.describe()} cannot be held back: {NO_HOLD}",
            remedy="have it run by systemd or as a container, and say so in the hosts file",
        )

    def hold(self, found: Found, deadline: Deadline) -> None:
        """Refuse."""
        self.before_hold(deadline)

    def why_not_held(self, found: Found, deadline: Deadline) -> str:
        """Return that it cannot be."""
        return NO_HOLD

    def release(self, found: Found, deadline: Deadline) -> None:
        """Do nothing: it is never held back."""

    def release_by_hand(self, found: Found) -> str:
        """Return nothing."""
        return ""
