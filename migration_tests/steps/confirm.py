# SPDX-License-Identifier: Apache-2.0
"""Confirms the cold migrations and resizes that wait for it."""

from __future__ import annotations

from dataclasses import dataclass

from chaos.deadline import Deadline
from migration_tests.observers.servers import CloudWatch, WaitExpiredError
from migration_tests.record.events import RequestMade, ServerAction
from migration_tests.runner.context import Context
from migration_tests.runner.step import Step
from migration_tests.runner.stopping import cloud_stop

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
        asked = []
        for server in context.moved:
            answer = context.changes.confirm(server.server)
            context.record(
                RequestMade(
                    server=server.server,
                    request=self.name,
                    accepted=answer.accepted,
                    http_status=answer.http_status,
                    error=answer.error,
                )
            )
            if answer.accepted:
                asked.append(server)
        if not asked:
            raise cloud_stop("the cloud refused to confirm any move")
        wanted = {server.server for server in asked}

        def done(watch: CloudWatch) -> bool:
            confirmed = {
                one.server for one in watch.migrations.values() if one.status == CONFIRMED
            }
            settled = {one.server for one in watch.servers.values() if one.settled}
            return wanted <= confirmed & settled

        try:
            context.watch.wait(done, Deadline.after(context.times.clean_up))
        except WaitExpiredError:
            context.expired("all moves confirmed", context.times.clean_up)
        for server in asked:
            context.snapshots.actions(server.server)
        context.moved = asked
