# SPDX-License-Identifier: Apache-2.0
"""Injects a fault into the source host; what the witnesses say of it is recorded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from chaos import errors
from chaos.deadline import Deadline
from chaos.faults.power_off import PowerOff
from chaos.guard import Guard
from chaos.inventory import Host
from chaos.power import why_not
from migration_tests.observers import ledger
from migration_tests.observers.as_event import as_event
from migration_tests.record.events import DisturbanceStarted, Reading
from migration_tests.runner.context import Context
from migration_tests.runner.step import Step
from migration_tests.runner.stopping import harness_stop

WAYS = {"bmc": "by its BMC", "ssh": "over SSH"}


@dataclass(frozen=True)
class Inject(Step):
    """The source host loses its power, and two witnesses say that it is dead.

    :param via: the way: ``bmc``, whatever the hosts file has for it, or ``ssh``
    """

    via: str
    fault: ClassVar[str] = PowerOff.kind
    name = "inject"
    doing = "cutting the host off"
    interruptible = False
    disturbs = True

    def title(self, context: Context) -> str:
        """Return what happens to whom."""
        return f"{context.source} loses its power {WAYS[self.via]}"

    def produces(self) -> tuple[str, ...]:
        """What the witnesses say; the ledgers end with the host."""
        return (DisturbanceStarted.kind, *ledger.ENDED)

    def refuses(self, host: Host) -> str:
        """Return why the host cannot be switched off this way, or not be brought back."""
        return why_not(host, self.via)

    def run(self, context: Context) -> None:
        """Inject it; it proves itself, or the scenario stops."""
        host = context.source_host
        fault = PowerOff(
            host,
            self.via,
            run=context.settings.run,
            deadline=Deadline.after(context.times.kill),
            on_event=context.recorder("chaos").note,
            # Asked again: somebody's server may have come meanwhile.
            guard=Guard(further=context.rules),
            confirm_within=context.times.kill,
        )
        try:
            fault.setUp()
        except errors.FaultRefused as refused:
            raise harness_stop(str(refused)) from refused
        finally:
            # From the injection on there is something to undo, whatever else went wrong.
            if fault.t_injected is not None:
                context.fault = fault
                context.writers.end(f"{host.name} lost its power")
                self._note(context, fault)
        if fault.verdict != "injected":
            raise harness_stop(
                f"the death of {host.name} is not proved, and to evacuate from a living host "
                "would start servers twice"
            )

    def _note(self, context: Context, fault: PowerOff) -> None:
        context.record(
            DisturbanceStarted(
                fault=self.fault,
                host=fault.host.name,
                via=self.via,
                verdict=fault.verdict,
                readings=tuple(as_event(Reading, one) for one in fault.observations),
                t_injected=fault.t_injected,
                driver=fault.driver,
            )
        )
