# SPDX-License-Identifier: Apache-2.0
"""Lets the servers read what the cloud tells them of themselves."""

from __future__ import annotations

from dataclasses import dataclass

from chaos.deadline import Deadline
from migration_tests.record import words
from migration_tests.record.events import GuestMetadata
from migration_tests.runner.context import Context
from migration_tests.runner.servers import at_once
from migration_tests.runner.step import Step


@dataclass(frozen=True)
class ReadMetadata(Step):
    """Host name and user data as every server that answers sees them, and its config drive.

    Before any move all that will be moved are asked, later all that were.

    :param moment: one of ``words.MOMENTS``
    """

    moment: str
    name = "read_metadata"
    doing = "reading the metadata inside the servers"

    @property
    def phase(self) -> str:
        """Its name in a scenario."""
        return f"{self.name}_{self.moment}"

    def produces(self) -> tuple[str, ...]:
        """What each server found."""
        return (f"{GuestMetadata.kind}:{self.moment}",)

    def run(self, context: Context) -> None:
        """Ask all at once; what fails is recorded as lost."""
        before = self.moment == words.BEFORE
        servers = context.servers.subjects if before else context.moved
        deadline = Deadline.after(context.times.final_state)
        at_once(
            lambda server: context.guests.read(
                server.server, context.shells[server.server], self.moment, deadline
            ),
            [server for server in servers if server.server in context.shells],
        )
