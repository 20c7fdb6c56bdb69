# SPDX-License-Identifier: Apache-2.0
"""Logs in anew to the moved servers, at their old addresses."""

from __future__ import annotations

from dataclasses import dataclass

from chaos.deadline import Deadline
from migration_tests.record import words
from migration_tests.record.events import SshAnswered
from migration_tests.runner.context import Context
from migration_tests.runner.step import Step


@dataclass(frozen=True)
class Reconnect(Step):
    """Every moved server that runs was asked to let us in.

    :param moment: one of ``words.MOMENTS``
    """

    moment: str = words.RUNNING
    name = "reconnect"
    doing = "logging in to the moved servers"

    @property
    def phase(self) -> str:
        """Its name in a scenario."""
        return f"{self.name}_{self.moment}"

    def produces(self) -> tuple[str, ...]:
        """How each login ended."""
        return (f"{SshAnswered.kind}:{self.moment}",)

    def run(self, context: Context) -> None:
        """Log in to all at once; which of them answer is recorded."""
        context.log_out()
        deadline = Deadline.after(context.times.server_boot)
        context.shells = context.servers.log_in(context.moved, self.moment, deadline)
