# SPDX-License-Identifier: Apache-2.0
"""Fault: a service hangs: its process is stopped by SIGSTOP, its connections stay open."""

from chaos.faults.service import ServiceFault
from chaos.witnesses import Witness
from chaos.witnesses.process import ProcessId, ProcessWitness
from chaos.witnesses.progress import ProgressWitness


class ServiceFreeze(ServiceFault):
    """Freeze one service of a host; see :class:`chaos.faults.service.ServiceFault`."""

    kind = "service_freeze"
    recovery = "thaw_service"
    signal = "STOP"

    def witnesses_of(self, process: ProcessId) -> tuple[Witness, ...]:
        """Its sockets stay; its progress does not."""
        return (ProcessWitness(self.shell, process), ProgressWitness(self.shell, process))
