# SPDX-License-Identifier: Apache-2.0
"""What all moves have in common: the request, the wait for its record, what Nova says of it.

A move has ended when its migration record says so; the server's own state may lag, and is waited
for too. May not know: which move it is.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Collection, Iterable

from chaos.deadline import Deadline
from migration_tests.cloud.data import Answer, MigrationState
from migration_tests.cloud.errors import CloudError
from migration_tests.observers.servers import CloudWatch, WaitExpiredError
from migration_tests.record import words
from migration_tests.record.events import MoveRequested
from migration_tests.runner.context import Context
from migration_tests.runner.servers import TestServer
from migration_tests.runner.stopping import cloud_stop


class Moves:
    """Moves of one kind that are asked for together.

    :param kind: one of ``words.MOVES``

    :ivar asked: servers whose move was accepted, or may have been: the answer got lost
    """

    def __init__(self, context: Context, kind: str) -> None:
        self._context = context
        self._kind = kind
        # Records of earlier moves of the same kind say nothing of these.
        with contextlib.suppress(WaitExpiredError):
            context.watch.refresh(Deadline.after(context.times.final_state))
        self._earlier = frozenset(context.watch.migrations)
        self._unanswered: set[str] = set()
        self.asked: list[TestServer] = []

    def request(
        self,
        server: TestServer,
        ask: Callable[[], Answer],
        *,
        target: str | None = None,
        block: bool | None = None,
        flavor: str | None = None,
    ) -> None:
        """Ask for the move of a server and record the answer, or that it is lost."""
        context = self._context
        try:
            answer = ask()
        except CloudError as error:
            text = f"{self._kind}: {error}"
            context.lost("steps.moving", text, MoveRequested.kind, server=server)
            self._unanswered.add(server.server)
            self.asked.append(server)
            return
        context.record(
            MoveRequested(
                server=server.server,
                move=self._kind,
                accepted=answer.accepted,
                target=target,
                block=block,
                flavor=flavor,
                http_status=answer.http_status,
                error=answer.error,
            )
        )
        if answer.accepted:
            self.asked.append(server)

    def wait(self, seconds: float) -> list[TestServer]:
        """Wait until all that were asked for have ended, and return those that have arrived."""
        context = self._context

        def ended(watch: CloudWatch) -> bool:
            return all(self._ended(watch, server) for server in self.asked)

        try:
            context.watch.wait(ended, Deadline.after(seconds))
        except WaitExpiredError:
            context.expired("the end of all moves", seconds)
        context.note_actions(self.asked)
        watch = context.watch
        return [one for one in self.asked if self._status(watch, one) in words.ARRIVED]

    def wait_for_room(self, most: int, deadline: Deadline) -> None:
        """Wait until fewer than `most` are on their way, or until the time is up."""

        def room(watch: CloudWatch) -> bool:
            return sum(not self._ended(watch, server) for server in self.asked) < most

        if room(self._context.watch):
            return
        with contextlib.suppress(WaitExpiredError):
            self._context.watch.wait(room, deadline)

    def _status(self, watch: CloudWatch, server: TestServer) -> str:
        found = newest_record(watch, server, {self._kind}, self._earlier)
        return found.status if found else ""

    def _ended(self, watch: CloudWatch, server: TestServer) -> bool:
        status = self._status(watch, server)
        # What was not answered may not have been taken: then there will be no record of it.
        not_taken = not status and server.server in self._unanswered
        if status not in words.ARRIVED | words.FAILED_MIGRATION and not not_taken:
            return False
        state = watch.servers.get(server.server)
        return state is not None and state.idle


def newest_record(
    watch: CloudWatch,
    server: TestServer,
    kinds: Collection[str],
    earlier: Collection[str] = (),
) -> MigrationState | None:
    """Return the newest migration record of a server of some kinds, or None.

    :param earlier: records that do not count
    """
    found = [
        one
        for one in watch.migrations.values()
        if one.server == server.server and one.type in kinds and one.migration not in earlier
    ]
    return max(found, key=lambda one: one.created_at or "", default=None)


def arrived(context: Context, servers: Iterable[TestServer]) -> None:
    """Note which servers have arrived in the last move."""
    context.moved = list(servers)


def _may_not(server: TestServer, kind: str) -> bool:
    """Say whether it is promised that a move of a server is refused."""
    return any(one.refused for one in server.expected if one.move == kind)


def move_together(
    context: Context,
    kind: str,
    ask: Callable[[Moves, TestServer], None],
    *,
    verb: str,
    seconds: float,
    most: int = 0,
    down_to_be: str = "",
) -> None:
    """Ask for the move of every subject, then wait for all; note which have arrived.

    Those that the cloud refuses to move, as is promised, are noted too.

    :param ask: requests the move of one server
    :param verb: what is asked of the cloud: ``evacuate``
    :param seconds: how long all may take
    :param most: how many may be on their way at once; 0: any number
    :param down_to_be: for what the servers are shut down, if they are: their writers end then
    :raises Stop: when no move was accepted, or no server arrived
    """
    moves = Moves(context, kind)
    deadline = Deadline.after(seconds)
    for server in context.servers.subjects:
        if most:
            moves.wait_for_room(most, deadline)
        ask(moves, server)
    context.stayed = [
        server
        for server in context.servers.subjects
        if server not in moves.asked and _may_not(server, kind)
    ]
    if not moves.asked:
        raise cloud_stop(f"the cloud refused to {verb} any server")
    if down_to_be:
        context.writers.end(f"the server was shut down to be {down_to_be}")
    arrived(context, moves.wait(seconds))
    if not context.moved:
        raise cloud_stop(f"no server arrived from {context.source}")
