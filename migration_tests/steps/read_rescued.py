# SPDX-License-Identifier: Apache-2.0
"""Logs in to the rescue systems and reads from inside what disks they have."""

from __future__ import annotations

from dataclasses import dataclass

from chaos.deadline import Deadline
from migration_tests.record import words
from migration_tests.record.events import DataRead, RescueRead, SshAnswered
from migration_tests.runner.context import Context
from migration_tests.runner.servers import at_once
from migration_tests.runner.step import Step


@dataclass(frozen=True)
class ReadRescued(Step):
    """Of every rescue system that answers: its own disk, the others, the server's data on them."""

    name = "read_rescued"
    doing = "reading the servers' disks from their rescue systems"

    def produces(self) -> tuple[str, ...]:
        """How each login ended, what disks there are, and what was written on them before."""
        return (
            f"{SshAnswered.kind}:{words.RESCUED}",
            RescueRead.kind,
            f"{DataRead.kind}:{words.RESCUED}",
        )

    def run(self, context: Context) -> None:
        """Log in to all at once and read; which of them answer is recorded."""
        context.log_out()
        login = Deadline.after(context.times.server_boot)
        context.shells = context.servers.log_in(context.moved, words.RESCUED, login)
        deadline = Deadline.after(context.times.server_boot)
        at_once(
            lambda server: context.rescues.read(
                server.server, context.shells[server.server], deadline
            ),
            [server for server in context.moved if server.server in context.shells],
        )
