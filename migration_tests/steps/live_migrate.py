# SPDX-License-Identifier: Apache-2.0
"""Live-migrates every subject, one after the other, so that each gap is its own."""

from __future__ import annotations

from dataclasses import dataclass

from migration_tests.record import words
from migration_tests.record.events import MoveRequested, ServerAction
from migration_tests.runner.context import Context
from migration_tests.runner.step import Step
from migration_tests.runner.stopping import cloud_stop
from migration_tests.steps.moving import Moves, arrived


@dataclass(frozen=True)
class LiveMigrate(Step):
    """The servers move while they run.

    :param block: copy their local disks; None lets Nova find out
    :param target: one of ``words.TARGETS``
    """

    block: bool | None = None
    target: str = words.SCHEDULER
    name = "live_migrate"
    doing = "live-migrating the servers"
    move = words.LIVE_MIGRATION

    def title(self, context: Context) -> str:
        """Return how many there are."""
        return f"live-migrating {len(context.servers.subjects)} servers away from {context.source}"

    def produces(self) -> tuple[str, ...]:
        """The answers to the requests, and Nova's own account of each."""
        return (MoveRequested.kind, ServerAction.kind)

    def run(self, context: Context) -> None:
        """Move one after the other."""
        arrived(context, ())
        for server in context.servers.subjects:
            moves = Moves(context, self.move)
            host = context.target(server, self.target)
            moves.request(
                server,
                lambda one=server.server, to=host: context.changes.live_migrate(  # type: ignore[misc]
                    one, to, self.block
                ),
                target=host,
                block=self.block,
            )
            if moves.asked:
                # One by one: those that have arrived are known whatever becomes of the next.
                arrived(context, [*context.moved, *moves.wait(context.times.live_migration)])
        if not context.moved:
            raise cloud_stop(f"no server was live-migrated away from {context.source}")
