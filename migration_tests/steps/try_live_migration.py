# SPDX-License-Identifier: Apache-2.0
"""Asks for live migrations that must be refused, or that cannot be made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from migration_tests.record import words
from migration_tests.runner.context import Context
from migration_tests.runner.step import Step
from migration_tests.steps import trying


@dataclass(frozen=True)
class TryLiveMigration(Step):
    """No live migration is made: the servers run on where they were.

    :param target: one of ``words.TARGETS``
    :param refused: HTTP statuses of which one is the answer, with "|" between; "": it is accepted
    :param block: copy the local disks, or say that there are none to copy; None: Nova finds out
    :param storages: the kinds of storage whose servers it is asked for; none: all
    """

    target: str = words.SCHEDULER
    refused: str = ""
    block: bool | None = None
    storages: tuple[str, ...] = ()
    name = "try_live_migration"
    doing = "asking for live migrations that must not be made"
    move = words.LIVE_MIGRATION

    def departs(self, storage: str) -> Mapping[str, str] | None:
        """Nothing becomes of it."""
        return trying.departs(self, storage)

    def produces(self) -> tuple[str, ...]:
        """The answers to the requests, and a look at each server afterwards."""
        return trying.PRODUCED

    def run(self, context: Context) -> None:
        """Ask for them one by one."""
        changes = context.changes
        trying.carry_out(
            self,
            context,
            lambda server, host: changes.live_migrate(server, host, self.block),
            context.times.live_migration,
            block=self.block,
        )
