# SPDX-License-Identifier: Apache-2.0
"""Asks for cold migrations that must be refused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from migration_tests.record import words
from migration_tests.runner.context import Context
from migration_tests.runner.step import Step
from migration_tests.steps import trying


@dataclass(frozen=True)
class TryColdMigration(Step):
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

    def departs(self, storage: str) -> Mapping[str, str] | None:
        """Nothing becomes of it."""
        return trying.departs(self, storage)

    def produces(self) -> tuple[str, ...]:
        """The answers to the requests, and a look at each server afterwards."""
        return trying.PRODUCED

    def run(self, context: Context) -> None:
        """Ask for them one by one."""
        trying.carry_out(self, context, context.changes.cold_migrate, context.times.cold_migration)
