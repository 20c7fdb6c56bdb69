# SPDX-License-Identifier: Apache-2.0
"""Cold-migrates every subject; each waits to be confirmed or reverted afterwards."""

from __future__ import annotations

from dataclasses import dataclass

from migration_tests.observers import ledger
from migration_tests.record import words
from migration_tests.record.events import MoveRequested, ServerAction
from migration_tests.runner.context import Context
from migration_tests.runner.servers import TestServer
from migration_tests.runner.step import Step
from migration_tests.steps.moving import Moves, move_together


@dataclass(frozen=True)
class ColdMigrate(Step):
    """The servers are shut down, moved, and wait where they are then.

    :param target: one of ``words.TARGETS``
    """

    target: str = words.SCHEDULER
    name = "cold_migrate"
    doing = "cold-migrating the servers"
    move = words.COLD_MIGRATION

    def title(self, context: Context) -> str:
        """Return how many there are."""
        return f"cold-migrating {len(context.servers.subjects)} servers away from {context.source}"

    def produces(self) -> tuple[str, ...]:
        """The answers to the requests, and Nova's own account of each; the ledgers end."""
        return (MoveRequested.kind, ServerAction.kind, *ledger.ENDED)

    def run(self, context: Context) -> None:
        """Ask for all of them, then wait for all."""

        def ask(moves: Moves, server: TestServer) -> None:
            host = context.target(server, self.target)
            moves.request(
                server, lambda: context.changes.cold_migrate(server.server, host), target=host
            )

        seconds = context.times.cold_migration
        move_together(
            context, self.move, ask, verb="migrate", seconds=seconds, down_to_be="migrated"
        )
