# SPDX-License-Identifier: Apache-2.0
"""What all faults of one service on a host have in common.

The host lives on and can be logged in to; what is watched is the service's process. Knows services
and processes, no fault in particular.
"""

from typing import Any

from chaos import errors
from chaos.deadline import Deadline
from chaos.faults.contract import Fault
from chaos.inventory import Host
from chaos.services import ServiceControl, ServiceState, service_control
from chaos.transport.shell import HostShell
from chaos.witnesses import Witness
from chaos.witnesses.process import ProcessId, ProcessWitness, identify
from chaos.witnesses.sockets import SocketsWitness

PRECHECK_SECONDS = 60.0


class ServiceFault(Fault):
    """A fault of one service.

    :param service: ``compute`` or ``libvirt``
    :param more: as :class:`chaos.faults.contract.Fault` takes them
    """

    recovery = "start_service"
    signal = ""

    def __init__(self, host: Host, service: str = "compute", **more: Any) -> None:
        super().__init__(host, **{"witnesses": (), **more})
        self.service = service
        self.shell = self._closing(HostShell(host))
        self.process: ProcessId | None = None
        self._control: ServiceControl = service_control(host, service, self.shell)

    @property
    def driver(self) -> str:
        """What injects it: a signal, or what runs the service."""
        return "signal" if self.signal else self._control.driver

    def witnesses_of(self, process: ProcessId) -> tuple[Witness, ...]:
        """Return who can see what becomes of the process."""
        return (ProcessWitness(self.shell, process), SocketsWitness(self.shell, process))

    def _precheck(self, deadline: Deadline) -> list[str]:
        deadline = deadline.within(PRECHECK_SECONDS)
        try:
            reasons = self._check_login(self.shell, deadline, root=True)
            if reasons:
                return reasons
            state = self._control.state(deadline)
            if not state.pid:
                return [self._absent(state)]
            self.process = identify(self.shell, state.pid, deadline)
        except errors.ChaosError as exc:
            return [f"The {self.service} service of {self.host.name} does not run: {exc}."]
        self._witnesses = self._witnesses or self.witnesses_of(self.process)
        return self._check_witnesses(deadline)

    def _absent(self, state: ServiceState) -> str:
        what = self._control.describe()
        if state.known:
            return (
                f"The {self.service} service of {self.host.name} does not run ({what}): start it "
                "first, or there is nothing to disturb."
            )
        return (
            f"{self.host.name} has no {what}: say in the hosts file, under services, what its "
            f"{self.service} service is called and what runs it."
        )

    def _journal_data(self) -> dict[str, Any]:
        assert self.process is not None
        return {
            "service": self.service,
            "pid": self.process.pid,
            "start": self.process.start,
            "what": self._control.describe(),
            "unit": self._control.unit,
        }

    def _inject(self, deadline: Deadline) -> None:
        if self.signal:
            assert self.process is not None
            self.shell.check(["kill", f"-{self.signal}", str(self.process.pid)], deadline)
        else:
            self._control.stop(deadline)

    def _about(self) -> dict[str, Any]:
        return {**super()._about(), "service": self.service}
