# SPDX-License-Identifier: Apache-2.0
"""Reads back what the moved servers have on their disks."""

from __future__ import annotations

from dataclasses import dataclass

from chaos.deadline import Deadline
from migration_tests.record import words
from migration_tests.record.events import DataRead, DiskRead, WriteResumed
from migration_tests.runner.context import Context
from migration_tests.runner.servers import at_once
from migration_tests.runner.step import Step


@dataclass(frozen=True)
class ReadBack(Step):
    """The record file and what tells a used disk from a new one, of every server that answers.

    Right after the move (RUNNING) one more record is written: a disk that can be read need not
    take a write.

    :param moment: one of ``words.MOMENTS``
    """

    moment: str = words.RUNNING
    name = "read_back"
    doing = "reading the disks of the moved servers"

    @property
    def phase(self) -> str:
        """Its name in a scenario."""
        return f"{self.name}_{self.moment}"

    def produces(self) -> tuple[str, ...]:
        """What is on each disk, and the first new write."""
        kinds = (f"{DiskRead.kind}:{self.moment}", f"{DataRead.kind}:{self.moment}")
        return (*kinds, WriteResumed.kind) if self.moment == words.RUNNING else kinds

    def run(self, context: Context) -> None:
        """Read all at once; what fails is recorded as lost."""
        deadline = Deadline.after(context.times.server_boot)
        at_once(
            lambda server: context.disks.after(
                server.server,
                context.shells[server.server],
                self.moment,
                deadline,
                resume=self.moment == words.RUNNING,
            ),
            [server for server in context.moved if server.server in context.shells],
        )
