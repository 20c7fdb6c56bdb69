# SPDX-License-Identifier: Apache-2.0
"""Brings the servers to the states that the topology wants them in before they are moved."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from chaos.deadline import Deadline
from migration_tests.cloud.changes import Changes
from migration_tests.cloud.data import Answer
from migration_tests.record import words
from migration_tests.record.events import RequestMade
from migration_tests.runner.context import Context
from migration_tests.runner.servers import TestServer
from migration_tests.runner.step import Step
from migration_tests.runner.stopping import cloud_stop


@dataclass(frozen=True)
class _Change:
    """How a running server comes to a state.

    :ivar request: as it stands on the record
    :ivar done: what was done to the server then
    :ivar halts: nothing runs in the server any more
    """

    request: str
    done: str
    ask: Callable[[Changes, str], Answer]
    halts: bool = True


_CHANGES = {
    words.STOPPED: _Change("stop", "stopped", Changes.stop),
    words.PAUSED: _Change("pause", "paused", Changes.pause),
    words.SUSPENDED: _Change("suspend", "suspended", Changes.suspend),
    words.ERROR: _Change("set_error", "set to error", Changes.set_error, halts=False),
}


@dataclass(frozen=True)
class BringToState(Step):
    """Every server is in its state; what those wrote that do not run any more is on the ledger."""

    name = "bring_to_state"
    doing = "bringing the servers to their states"

    def produces(self) -> tuple[str, ...]:
        """The answers to the requests."""
        return (RequestMade.kind,)

    def run(self, context: Context) -> None:
        """Ask for each kind of change, then wait for it."""
        for state, change in _CHANGES.items():
            servers = [one for one in context.servers.subjects if one.state == state]
            if servers:
                _bring(context, state, change, servers)


def _bring(context: Context, state: str, change: _Change, servers: list[TestServer]) -> None:
    if change.halts:
        ids = {server.server for server in servers}
        context.writers.end(f"the server is {change.done}", ids)

    def ask(server: str) -> Answer:
        return change.ask(context.changes, server)

    coming = [server for server in servers if context.ask_server(server, change.request, ask)]
    deadline = Deadline.after(context.times.server_boot)
    reached = context.servers.wait_for_status(coming, state, deadline)
    missing = [server for server in servers if server not in reached]
    if missing:
        found = "; ".join(context.servers.describe(server) for server in missing)
        raise cloud_stop(f"servers were not {change.done}: {found}")
