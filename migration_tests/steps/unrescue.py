# SPDX-License-Identifier: Apache-2.0
"""Ends the rescue of every rescued server: it boots from its own disk again."""

from __future__ import annotations

from dataclasses import dataclass

from chaos.deadline import Deadline
from migration_tests.record import words
from migration_tests.record.events import RequestMade, ServerAction
from migration_tests.runner.context import Context
from migration_tests.runner.step import Step
from migration_tests.runner.stopping import cloud_stop


@dataclass(frozen=True)
class Unrescue(Step):
    """Every rescued server is ACTIVE again, or had its time."""

    name = "unrescue"
    doing = "unrescuing the servers"

    def title(self, context: Context) -> str:
        """Return how many there are."""
        return f"unrescuing {len(context.moved)} servers"

    def produces(self) -> tuple[str, ...]:
        """The answers to the requests, and Nova's own account of each."""
        return (RequestMade.kind, ServerAction.kind)

    def run(self, context: Context) -> None:
        """Ask for all of them, then wait for all; those that come to run are what goes on."""
        context.log_out()
        unrescue = context.changes.unrescue
        asked = [one for one in context.moved if context.ask_server(one, self.name, unrescue)]
        if not asked:
            raise cloud_stop("the cloud refused to unrescue any server")
        deadline = Deadline.after(context.times.server_boot)
        context.moved = context.servers.wait_for_status(asked, words.ACTIVE, deadline)
        if len(context.moved) < len(asked):
            context.expired("all servers unrescued", context.times.server_boot)
        context.note_actions(asked)
        if not context.moved:
            raise cloud_stop("no server came back from its rescue")
