# SPDX-License-Identifier: Apache-2.0
"""Asks for the evacuation of every server on the source, and waits until all have ended."""

from __future__ import annotations

from dataclasses import dataclass

from migration_tests.record import words
from migration_tests.record.events import MoveRequested, ServerAction
from migration_tests.runner.context import Context
from migration_tests.runner.servers import TestServer
from migration_tests.runner.step import Step
from migration_tests.steps.moving import Moves, move_together


@dataclass(frozen=True)
class Evacuate(Step):
    """The servers of the source are rebuilt on other hosts.

    :param target: one of ``words.TARGETS``
    :param most: how many may be on their way at once; 0: any number
    """

    target: str = words.SCHEDULER
    most: int = 0
    name = "evacuate"
    doing = "evacuating the servers"
    move = words.EVACUATION

    def title(self, context: Context) -> str:
        """Return how many there are."""
        at_once = f", {self.most} at once" if self.most else ""
        return f"evacuating {len(context.servers.subjects)} servers{at_once}"

    def produces(self) -> tuple[str, ...]:
        """The answers to the requests, and Nova's own account of each."""
        return (MoveRequested.kind, ServerAction.kind)

    def run(self, context: Context) -> None:
        """Ask for all of them, then wait for all."""

        def ask(moves: Moves, server: TestServer) -> None:
            host = context.target(server, self.target)
            moves.request(
                server, lambda: context.changes.evacuate(server.server, host), target=host
            )

        seconds = context.times.evacuation
        move_together(
            context, self.move, ask, verb="evacuate", seconds=seconds, most=self.most
        )
