# SPDX-License-Identifier: Apache-2.0
"""Reads what the copies have on their disks of what the servers wrote that they are copies of."""

from __future__ import annotations

from dataclasses import dataclass

from chaos.deadline import Deadline
from migration_tests.record import words
from migration_tests.record.events import DataRead, DiskRead
from migration_tests.runner.context import Context
from migration_tests.runner.servers import at_once
from migration_tests.runner.step import Step


@dataclass(frozen=True)
class ReadCopies(Step):
    """The record file and what tells a used disk from a new one, of every copy that answers."""

    name = "read_copies"
    doing = "reading the disks of the copies"

    def produces(self) -> tuple[str, ...]:
        """What is on each disk."""
        return tuple(f"{one.kind}:{words.RUNNING}" for one in (DiskRead, DataRead))

    def run(self, context: Context) -> None:
        """Read all at once; what fails is recorded as lost."""
        deadline = Deadline.after(context.times.server_boot)
        at_once(
            lambda pair: context.disks.after(
                pair[1].server,
                context.shells[pair[1].server],
                words.RUNNING,
                deadline,
                resume=False,
                token=pair[0],
            ),
            [pair for pair in context.copies.items() if pair[1].server in context.shells],
        )
