# SPDX-License-Identifier: Apache-2.0
"""Confirms the cold migrations and resizes that wait for it."""

from __future__ import annotations

from dataclasses import dataclass

from chaos.deadline import Deadline
from migration_tests.observers.servers import CloudWatch, WaitExpiredError
from migration_tests.record import words
from migration_tests.record.events import RequestMade, ServerAction
from migration_tests.runner.context import Context
from migration_tests.runner.servers import TestServer
from migration_tests.runner.step import Step
from migration_tests.runner.stopping import cloud_stop
from migration_tests.steps.moving import newest_record

CONFIRMED = "confirmed"


@dataclass(frozen=True)
class Confirm(Step):
    """Every server that waited is confirmed where it is, as its migration record says."""

    name = "confirm"
    doing = "confirming the moves"

    def produces(self) -> tuple[str, ...]:
        """The answers to the requests, and Nova's own account of each."""
        return (RequestMade.kind, ServerAction.kind)

    def run(self, context: Context) -> None:
        """Confirm all of them, then wait for all."""
        confirm = context.changes.confirm
        asked = [one for one in context.moved if context.ask_server(one, self.name, confirm)]
        if not asked:
            raise cloud_stop("the cloud refused to confirm any move")

        def done(watch: CloudWatch) -> bool:
            return all(_over(watch, server) for server in asked)

        try:
            context.watch.wait(done, Deadline.after(context.times.clean_up))
        except WaitExpiredError:
            context.expired("all moves confirmed", context.times.clean_up)
        context.note_actions(asked)
        context.moved = asked


def _over(watch: CloudWatch, server: TestServer) -> bool:
    """Whether a server's last move is confirmed and it waits no more, or it has failed.

    Nova says so in the record first, in the server a moment later, and in between seems to be at
    work on neither.
    """
    record = newest_record(watch, server, {words.COLD_MIGRATION, words.RESIZE})
    state = watch.servers.get(server.server)
    if record is None or state is None or not state.idle:
        return False
    return state.status == "ERROR" or (
        record.status == CONFIRMED and state.status != words.VERIFY
    )
