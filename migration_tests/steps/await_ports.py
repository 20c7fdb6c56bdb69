# SPDX-License-Identifier: Apache-2.0
"""Gives the network time to report the ports up where their servers are."""

from __future__ import annotations

from dataclasses import dataclass

from chaos.deadline import Deadline
from migration_tests.runner.context import Context
from migration_tests.runner.step import Step


@dataclass(frozen=True)
class AwaitPorts(Step):
    """All ports are ACTIVE and bound, or had their time; a snapshot says what came of it."""

    name = "await_ports"
    doing = "waiting for the ports to be reported"

    def run(self, context: Context) -> None:
        """Wait for the moved servers' ports; before any move, for those of all."""
        servers = context.moved or context.servers.all
        seconds = context.times.final_state
        if not context.servers.wait_for_ports(servers, Deadline.after(seconds)):
            context.expired("all ports ACTIVE on their servers' hosts", seconds)
