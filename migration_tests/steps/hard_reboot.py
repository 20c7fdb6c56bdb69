# SPDX-License-Identifier: Apache-2.0
"""Hard-reboots every server that was moved or left, so that each must find its disk again.

A file that was deleted while QEMU has it open shows only then.
"""

from __future__ import annotations

from dataclasses import dataclass

from chaos.deadline import Deadline
from migration_tests.record import words
from migration_tests.record.events import RequestMade
from migration_tests.runner.context import Context
from migration_tests.runner.step import Step


@dataclass(frozen=True)
class HardReboot(Step):
    """Every server that was moved, or was left on its host, was rebooted.

    Those that come to run again are what goes on.
    """

    name = "hard_reboot"
    doing = "hard-rebooting the moved servers"

    def title(self, context: Context) -> str:
        """Return how many there are."""
        return f"hard-rebooting {len(context.moved) + len(context.stayed)} servers"

    def produces(self) -> tuple[str, ...]:
        """The answers to the requests."""
        return (RequestMade.kind,)

    def run(self, context: Context) -> None:
        """Ask for all of them, then wait for all."""
        context.log_out()
        reboot = context.changes.hard_reboot
        servers = [*context.moved, *context.stayed]
        coming = [one for one in servers if context.ask_server(one, self.name, reboot)]
        deadline = Deadline.after(context.times.server_boot)
        context.moved = context.servers.wait_for_status(coming, words.ACTIVE, deadline)
        if len(context.moved) < len(coming):
            context.expired("all rebooted servers ACTIVE", context.times.server_boot)
        context.note_actions(coming)
