# SPDX-License-Identifier: Apache-2.0
"""Crashes the source host, which boots again by itself with its nova-compute held back.

It needs no BMC. From then on it is watched whether nova-compute and the guests stay away.
"""

from __future__ import annotations

from dataclasses import dataclass

from chaos.faults import panic
from chaos.faults.panic import Panic
from chaos.inventory import Host
from migration_tests.observers import ledger
from migration_tests.observers.hold import SOURCE, HoldWatch
from migration_tests.record.events import DisturbanceStarted, ServiceHeld
from migration_tests.runner.context import Context
from migration_tests.runner.step import Step
from migration_tests.steps.disturbing import disturb, options

SERVICE = "compute"
VIA = "ssh"


@dataclass(frozen=True)
class Crash(Step):
    """The source host has booted anew without its guests, and nothing starts its nova-compute."""

    name = "crash"
    doing = "crashing the host"
    interruptible = False

    @property
    def death(self) -> str:
        """How the host dies."""
        return "crashed over SSH"

    def title(self, context: Context) -> str:
        """Return what happens to whom."""
        return f"{context.source} crashes and boots again, its nova-compute held back"

    def produces(self) -> tuple[str, ...]:
        """What the witnesses say, and looks at the host; the ledgers end with it."""
        return (DisturbanceStarted.kind, ServiceHeld.kind, *ledger.ENDED)

    def refuses(self, host: Host) -> str:
        """Return why the host cannot be crashed, or its nova-compute not be held back."""
        return panic.why_not(host, SERVICE)

    def run(self, context: Context) -> None:
        """Crash it; it proves itself, or the scenario stops."""
        # It is proved by the system that boots: that takes as long as a boot may.
        seconds = context.times.kill + context.times.host_boot
        fault = Panic(context.source_host, hold=SERVICE, **options(context, seconds))
        disturb(context, fault, VIA, "crashed")
        context.hold = HoldWatch(
            fault.held_host(),
            context.source,
            context.recorder(SOURCE),
            service=SERVICE,
            interval=context.times.host_look_interval,
            wrong=fault.flaw,
        )
        context.hold.start()
