# SPDX-License-Identifier: Apache-2.0
"""Starts the moved servers that are left stopped, and waits until they run."""

from __future__ import annotations

from dataclasses import dataclass

from chaos.deadline import Deadline
from migration_tests.record import words
from migration_tests.record.events import RequestMade
from migration_tests.runner.context import Context
from migration_tests.runner.servers import TestServer
from migration_tests.runner.step import Step
from migration_tests.runner.stopping import cloud_stop


@dataclass(frozen=True)
class StartStopped(Step):
    """Every server that has arrived is ACTIVE, or was not to be brought there."""

    name = "start_stopped"
    doing = "starting the moved servers"

    def produces(self) -> tuple[str, ...]:
        """The answers to the requests."""
        return (RequestMade.kind,)

    def run(self, context: Context) -> None:
        """Start those that are stopped; those that come to run are what goes on."""
        servers = context.servers
        deadline = Deadline.after(context.times.server_boot)
        coming = [server for server in context.moved if _starts(server, context)]
        running = servers.wait_for_status(coming, words.ACTIVE, deadline)
        if len(running) < len(coming):
            context.expired("all moved servers ACTIVE", context.times.server_boot)
        context.note_actions(context.moved)
        context.moved = running
        if not running:
            raise cloud_stop("no moved server runs")


def _starts(server: TestServer, context: Context) -> bool:
    """Start a server that was left stopped; return whether it is to be expected ACTIVE."""
    if context.servers.status(server) != words.STOPPED:
        return True
    return context.ask_server(server, "start", context.changes.start)
