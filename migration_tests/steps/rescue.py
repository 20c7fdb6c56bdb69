# SPDX-License-Identifier: Apache-2.0
"""Rescues every subject: it is shut down, and a rescue system boots in its place."""

from __future__ import annotations

from dataclasses import dataclass

from chaos.deadline import Deadline
from migration_tests.cloud.versions import at_least
from migration_tests.observers import ledger
from migration_tests.record import words
from migration_tests.record.events import MoveRequested, ServerAction
from migration_tests.runner.context import Context
from migration_tests.runner.facts import Facts
from migration_tests.runner.step import Step
from migration_tests.runner.stopping import cloud_stop
from migration_tests.steps.moving import Moves, arrived

VOLUMES_SINCE = "2.87"


@dataclass(frozen=True)
class Rescue(Step):
    """The servers are shown as rescued, which says that their rescue systems were started."""

    name = "rescue"
    doing = "rescuing the servers"
    move = words.RESCUE

    def title(self, context: Context) -> str:
        """Return how many there are."""
        return f"rescuing {len(context.servers.subjects)} servers of {context.source}"

    def produces(self) -> tuple[str, ...]:
        """The answers to the requests, and Nova's own account of each; the ledgers end."""
        return (MoveRequested.kind, ServerAction.kind, *ledger.ENDED)

    def leaves_out(self, storage: str, api: str, facts: Facts | None = None) -> str:
        """Return why servers on volumes cannot be rescued, by the API version or by the image."""
        if storage != words.VOLUME:
            return ""
        if not at_least(api, VOLUMES_SINCE):
            return f"servers on volumes are rescued from compute API {VOLUMES_SINCE} on only"
        if facts is not None and not facts.rescues_volumes:
            return (
                "the image that servers are rescued with has not both hw_rescue_device and "
                "hw_rescue_bus, without which Nova rescues no server on a volume: name one that "
                "has in [migration_chaos] rescue_image"
            )
        return ""

    def run(self, context: Context) -> None:
        """Ask for all of them, then wait for all."""
        image = context.settings.servers.rescue_image or context.settings.servers.image
        moves = Moves(context, self.move)
        for server in context.servers.subjects:
            moves.request(
                server, lambda one=server.server: context.changes.rescue(one, image)  # type: ignore[misc]
            )
        if not moves.asked:
            raise cloud_stop("the cloud refused to rescue any server")
        context.writers.end("the server was shut down to be rescued")
        seconds = context.times.server_boot
        deadline = Deadline.after(seconds)
        rescued = context.servers.wait_for_status(moves.asked, words.IN_RESCUE, deadline)
        if len(rescued) < len(moves.asked):
            context.expired("all servers rescued", seconds)
        context.note_actions(moves.asked)
        arrived(context, rescued)
        if not rescued:
            raise cloud_stop("no server was rescued")
