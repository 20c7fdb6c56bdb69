# SPDX-License-Identifier: Apache-2.0
"""What moves have in common that must come to nothing: asked for of each server, then looked at.

May not know: which move it is, why it must come to nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import ClassVar

from migration_tests.cloud.data import Answer
from migration_tests.observers.snapshot import KINDS
from migration_tests.record import words
from migration_tests.record.events import MoveRequested
from migration_tests.runner.context import Context
from migration_tests.runner.servers import TestServer
from migration_tests.runner.step import Step
from migration_tests.steps.moving import Moves

# What a step that tries puts on the record when all goes well.
PRODUCED = (MoveRequested.kind, *(f"{kind}:{words.REFUSED}" for kind in KINDS))

ERROR = "error"  # what the migration record says of a move that was accepted and came to nothing


class Attempt(Step):
    """A move that must be refused, or accepted and come to nothing; then all is as it was.

    Its subclasses have these fields:

    - target: one of ``words.TARGETS``
    - refused: HTTP statuses of which one is the answer, with "|" between; "" if it is accepted
    - storages: the kinds of storage whose servers it is asked for; none: all
    """

    target: str
    refused: str
    storages: tuple[str, ...]
    end: ClassVar[str] = words.ACTIVE  # status of a server whose move was accepted

    def departs(self, storage: str) -> Mapping[str, str] | None:
        """Nothing becomes of it: the server is where it was, as it was."""
        if self.storages and storage not in self.storages:
            return None
        return {
            "end": words.ACTIVE if self.refused else self.end,
            "data": words.KEPT,
            "memory": words.KEPT,
            "place": words.SAME_HOST,
            "gap_limit": "",
            "refused": self.refused,
            "fails": "" if self.refused else ERROR,
        }

    def produces(self) -> tuple[str, ...]:
        """The answers to the requests, and a look at each server afterwards."""
        return PRODUCED

    def concerns(self, server: TestServer) -> bool:
        """Whether it is asked for of a server."""
        return not self.storages or server.storage in self.storages

    def attempt(
        self,
        context: Context,
        ask: Callable[[str, str | None], Answer],
        seconds: float,
        *,
        block: bool | None = None,
    ) -> None:
        """Ask for the move of each server, wait for its end, and look at the server.

        One by one: what one leaves behind must not be taken for another's.

        :param ask: of a server by its ID, with the name of the target
        :param seconds: that a move which was accepted may take to its end
        """
        servers = [one for one in context.servers.subjects if self.concerns(one)]
        for server in servers:
            moves = Moves(context, self.move)
            host = context.target(server, self.target)
            moves.request(
                server,
                lambda one=server.server, to=host: ask(one, to),  # type: ignore[misc]
                target=host,
                block=block,
            )
            if moves.asked:
                moves.wait(seconds)
            context.snapshots.take(server.server, words.REFUSED)
