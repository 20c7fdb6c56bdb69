# SPDX-License-Identifier: Apache-2.0
"""Resizes every subject to another flavor; each waits to be confirmed or reverted afterwards."""

from __future__ import annotations

from dataclasses import dataclass

from migration_tests.observers import ledger
from migration_tests.record import words
from migration_tests.record.events import MoveRequested, ServerAction
from migration_tests.runner.context import Context
from migration_tests.runner.facts import Facts
from migration_tests.runner.servers import TestServer
from migration_tests.runner.step import Step
from migration_tests.steps.moving import Moves, move_together


@dataclass(frozen=True)
class Resize(Step):
    """The servers are shut down, moved and made larger, and wait where the scheduler chose."""

    name = "resize"
    doing = "resizing the servers"
    move = words.RESIZE

    def title(self, context: Context) -> str:
        """Return how many there are."""
        return f"resizing {len(context.servers.subjects)} servers of {context.source}"

    def produces(self) -> tuple[str, ...]:
        """The answers to the requests, and Nova's own account of each; the ledgers end."""
        return (MoveRequested.kind, ServerAction.kind, *ledger.ENDED)

    def lacks(self, facts: Facts) -> str:
        """Return for which storage there is no other flavor."""
        missing = [kind for kind in facts.flavors if kind not in facts.other_flavors]
        if not missing:
            return ""
        return (
            f"there is no larger flavor to resize servers on {' and '.join(missing)} storage to: "
            f"name one in [migration_chaos] {', '.join(f'flavor_{kind}_alt' for kind in missing)}."
        )

    def run(self, context: Context) -> None:
        """Ask for all of them, then wait for all."""

        def ask(moves: Moves, server: TestServer) -> None:
            flavor = context.settings.servers.other_flavors[server.storage]
            name = context.cloud.flavor(flavor).name
            moves.request(
                server, lambda: context.changes.resize(server.server, flavor), flavor=name
            )

        seconds = context.times.cold_migration
        move_together(
            context, self.move, ask, verb="resize", seconds=seconds, down_to_be="resized"
        )
