# SPDX-License-Identifier: Apache-2.0
"""What all moves have in common: the request, the wait for its record, what Nova says of it.

A move has ended when its migration record says so; the server's own state may lag, and is waited
for too. May not know: which move it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from chaos.deadline import Deadline
from migration_tests.cloud.data import Answer, MigrationState
from migration_tests.observers.servers import CloudWatch, WaitExpiredError
from migration_tests.record import words
from migration_tests.record.events import MoveRequested
from migration_tests.runner.context import Context
from migration_tests.runner.servers import TestServer


class Moves:
    """Moves of one kind that are asked for together.

    :param kind: one of ``words.MOVES``
    """

    def __init__(self, context: Context, kind: str) -> None:
        self._context = context
        self._kind = kind
        # Records of earlier moves of the same kind say nothing of these.
        self._earlier = frozenset(context.watch.migrations)
        self.accepted: list[TestServer] = []

    def request(
        self,
        server: TestServer,
        ask: Callable[[], Answer],
        *,
        target: str | None = None,
        block: bool | None = None,
    ) -> bool:
        """Ask for the move of a server, record the answer, and return whether it was accepted."""
        answer = ask()
        self._context.record(
            MoveRequested(
                server=server.server,
                move=self._kind,
                accepted=answer.accepted,
                target=target,
                block=block,
                http_status=answer.http_status,
                error=answer.error,
            )
        )
        if answer.accepted:
            self.accepted.append(server)
        return answer.accepted

    def wait(self, seconds: float) -> list[TestServer]:
        """Wait until all that were accepted have ended, and return those that have arrived."""
        context = self._context

        def ended(watch: CloudWatch) -> bool:
            return all(self._ended(watch, server) for server in self.accepted)

        try:
            context.watch.wait(ended, Deadline.after(seconds))
        except WaitExpiredError:
            context.expired("the end of all moves", seconds)
        for server in self.accepted:
            context.snapshots.actions(server.server)
        return [one for one in self.accepted if self._status(one) in words.ARRIVED]

    def _record(self, server: TestServer) -> MigrationState | None:
        found = [
            one
            for one in self._context.watch.migrations.values()
            if one.server == server.server
            and one.type == self._kind
            and one.migration not in self._earlier
        ]
        return max(found, key=lambda one: one.created_at or "", default=None)

    def _status(self, server: TestServer) -> str:
        found = self._record(server)
        return found.status if found else ""

    def _ended(self, watch: CloudWatch, server: TestServer) -> bool:
        if self._status(server) not in words.ARRIVED | words.FAILED_MIGRATION:
            return False
        state = watch.servers.get(server.server)
        return state is not None and state.settled


def arrived(context: Context, servers: Iterable[TestServer]) -> None:
    """Note which servers have arrived in the last move."""
    context.moved = list(servers)
