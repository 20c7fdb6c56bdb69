# SPDX-License-Identifier: Apache-2.0
"""Injects a fault into the source host; what the witnesses say of it is recorded."""

from __future__ import annotations

from dataclasses import dataclass

from chaos.faults.power_off import PowerOff
from chaos.inventory import Host
from chaos.power import why_not
from migration_tests.observers import ledger
from migration_tests.record.events import DisturbanceStarted
from migration_tests.runner.context import Context
from migration_tests.runner.step import Step
from migration_tests.steps.disturbing import disturb, options

WAYS = {"bmc": "by its BMC", "ssh": "over SSH"}


@dataclass(frozen=True)
class Inject(Step):
    """The source host loses its power, and two witnesses say that it is dead.

    :param via: the way: ``bmc``, whatever the hosts file has for it, or ``ssh``
    """

    via: str
    name = "inject"
    doing = "cutting the host off"
    interruptible = False

    @property
    def death(self) -> str:
        """How the host dies."""
        return f"switched off {self._way}"

    def title(self, context: Context) -> str:
        """Return what happens to whom."""
        return f"{context.source} loses its power {self._way}"

    @property
    def _way(self) -> str:
        return WAYS.get(self.via, f"by {self.via}")

    def produces(self) -> tuple[str, ...]:
        """What the witnesses say; the ledgers end with the host."""
        return (DisturbanceStarted.kind, *ledger.ENDED)

    def refuses(self, host: Host) -> str:
        """Return why the host cannot be switched off this way, or not be brought back."""
        return why_not(host, self.via)

    def run(self, context: Context) -> None:
        """Inject it; it proves itself, or the scenario stops."""
        fault = PowerOff(context.source_host, self.via, **options(context, context.times.kill))
        disturb(context, fault, self.via, "lost its power")
