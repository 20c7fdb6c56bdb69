# SPDX-License-Identifier: Apache-2.0
"""What moves have in common that must come to nothing: asked for of each server, then looked at.

May not know: which move it is, why it must come to nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

from migration_tests.cloud.data import Answer
from migration_tests.observers.snapshot import KINDS
from migration_tests.record import words
from migration_tests.record.events import MoveRequested
from migration_tests.runner.context import Context
from migration_tests.steps.moving import Moves

# What a step that tries puts on the record when all goes well.
PRODUCED = (MoveRequested.kind, *(f"{kind}:{words.REFUSED}" for kind in KINDS))

ERROR = "error"  # what the migration record says of a move that was accepted and came to nothing


class Attempt(Protocol):
    """What a step tells of the moves that it asks for, and that must come to nothing."""

    @property
    def move(self) -> str:
        """Their kind, one of ``words.MOVES``."""

    @property
    def target(self) -> str:
        """Where they are to lead to, one of ``words.TARGETS``."""

    @property
    def refused(self) -> str:
        """HTTP statuses of which one is the answer, with "|" between; "" if it is accepted."""

    @property
    def storages(self) -> tuple[str, ...]:
        """The kinds of storage whose servers it is asked for; none: all."""


def departs(
    attempt: Attempt, storage: str, end: str = words.ACTIVE
) -> Mapping[str, str] | None:
    """Return what is expected of an attempt: the server is where it was, as it was.

    :param end: status of a server whose move was accepted and came to nothing
    """
    if attempt.storages and storage not in attempt.storages:
        return None
    return {
        "end": words.ACTIVE if attempt.refused else end,
        "data": words.KEPT,
        "memory": words.KEPT,
        "place": words.SAME_HOST,
        "gap_limit": "",
        "refused": attempt.refused,
        "fails": "" if attempt.refused else ERROR,
    }


def carry_out(
    attempt: Attempt,
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
    for server in context.servers.subjects:
        if attempt.storages and server.storage not in attempt.storages:
            continue
        moves = Moves(context, attempt.move)
        host = context.target(server, attempt.target)
        moves.request(
            server,
            lambda one=server.server, to=host: ask(one, to),  # type: ignore[misc]
            target=host,
            block=block,
        )
        if moves.asked:
            moves.wait(seconds)
        context.snapshots.take(server.server, words.REFUSED)
