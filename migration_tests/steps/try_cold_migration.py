# SPDX-License-Identifier: Apache-2.0
"""Asks for cold migrations that must be refused."""

from __future__ import annotations

from dataclasses import dataclass

from migration_tests.record import words
from migration_tests.runner.context import Context
from migration_tests.steps.trying import Attempt


@dataclass(frozen=True)
class TryColdMigration(Attempt):
    """No cold migration is made: the servers run on where they were.

    :param target: one of ``words.TARGETS``
    :param refused: HTTP statuses of which one is the answer, with "|" between; "": it is accepted
    :param storages: the kinds of storage whose servers it is asked for; none: all
    """

    target: str = words.SCHEDULER
    refused: str = ""
    storages: tuple[str, ...] = ()
    name = "try_cold_migration"
    doing = "asking for cold migrations that must not be made"
    move = words.COLD_MIGRATION

    def run(self, context: Context) -> None:
        """Ask for them one by one."""
        self.attempt(context, context.changes.cold_migrate, context.times.cold_migration)
