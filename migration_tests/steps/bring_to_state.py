# SPDX-License-Identifier: Apache-2.0
"""Brings the servers to the states that the topology wants them in before they are moved."""

from __future__ import annotations

from dataclasses import dataclass

from chaos.deadline import Deadline
from migration_tests.record import words
from migration_tests.record.events import RequestMade
from migration_tests.runner.context import Context
from migration_tests.runner.step import Step
from migration_tests.runner.stopping import cloud_stop


@dataclass(frozen=True)
class BringToState(Step):
    """Servers whose state is to be STOPPED are stopped; what they wrote is on the ledger."""

    name = "bring_to_state"
    doing = "bringing the servers to their states"

    def produces(self) -> tuple[str, ...]:
        """The answers to the requests."""
        return (RequestMade.kind,)

    def run(self, context: Context) -> None:
        """Stop those that are to be stopped."""
        servers = context.servers
        stopped = [one for one in servers.subjects if one.state == words.STOPPED]
        if not stopped:
            return
        ids = {server.server for server in stopped}
        context.writers.end("the server is stopped", ids)
        stop = context.changes.stop
        stopping = [server for server in stopped if context.ask_server(server, "stop", stop)]
        deadline = Deadline.after(context.times.server_boot)
        reached = servers.wait_for_status(stopping, words.STOPPED, deadline)
        missing = [server for server in stopped if server not in reached]
        if missing:
            found = "; ".join(servers.describe(server) for server in missing)
            raise cloud_stop(f"servers were not stopped: {found}")
