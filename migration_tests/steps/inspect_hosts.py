# SPDX-License-Identifier: Apache-2.0
"""Looks at the hosts themselves: domains, disks, and what a moved server left behind."""

from __future__ import annotations

from dataclasses import dataclass

from chaos.deadline import Deadline
from migration_tests.observers.hypervisor import DISKS
from migration_tests.record import words
from migration_tests.record.events import HostBooted, HostInspected
from migration_tests.runner.context import Context
from migration_tests.runner.servers import at_once
from migration_tests.runner.step import Step

LOOK_SECONDS = 60.0


@dataclass(frozen=True)
class InspectHosts(Step):
    """What every host of the hosts file holds of the scenario's servers.

    :param moment: one of ``words.MOMENTS``
    """

    moment: str
    name = "inspect_hosts"
    doing = "looking at what the hosts hold"

    @property
    def phase(self) -> str:
        """Its name in a scenario."""
        return f"{self.name}_{self.moment}"

    def produces(self) -> tuple[str, ...]:
        """A look at each host; before anything happens, the boot ID of the source."""
        looks = (f"{HostInspected.kind}:{self.moment}", DISKS)
        if self.moment == words.BEFORE:
            return (*looks, f"{HostBooted.kind}:{words.BEFORE}")
        return looks

    def run(self, context: Context) -> None:
        """Look at all of them at once; a host that does not answer is recorded as lost."""
        deadline = Deadline.after(LOOK_SECONDS + context.times.final_state)
        servers = sorted(context.servers.ids)
        inspector = context.inspector
        if self.moment == words.BEFORE:
            for host in context.name_hosts([context.source]):
                inspector.boot_id(host, self.moment, deadline)
        at_once(
            lambda host: inspector.look(host, servers, self.moment, deadline),
            context.settings.inventory,
        )
