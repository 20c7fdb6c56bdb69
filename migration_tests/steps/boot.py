# SPDX-License-Identifier: Apache-2.0
"""Boots all servers of the scenario, gives them addresses, logs in to them, locks some."""

from __future__ import annotations

from dataclasses import dataclass

from chaos.deadline import Deadline
from migration_tests.cloud.errors import CloudError
from migration_tests.record import words
from migration_tests.record.events import SshAnswered
from migration_tests.runner.context import Context
from migration_tests.runner.servers import at_once
from migration_tests.runner.step import Step
from migration_tests.runner.stopping import cloud_stop


@dataclass(frozen=True)
class Boot(Step):
    """Every planned server is ACTIVE where it was asked for, and answers over SSH."""

    name = "boot"
    doing = "booting the servers"

    def title(self, context: Context) -> str:
        """Return what is booted."""
        kinds = dict.fromkeys(server.storage for server in context.plan.servers)
        return f"booting {len(context.plan.servers)} servers on {' and '.join(kinds)} storage"

    def produces(self) -> tuple[str, ...]:
        """The first logins."""
        return (f"{SshAnswered.kind}:{words.BEFORE}",)

    def run(self, context: Context) -> None:
        """Boot them; a server that fails ends the scenario."""
        deadline = Deadline.after(context.times.server_boot)
        servers = context.servers
        context.watch.start()
        try:
            at_once(servers.create, context.plan.servers)
        except CloudError as error:
            raise cloud_stop(f"the cloud refused to make a server: {error}") from error
        active = servers.wait_for_status(servers.all, words.ACTIVE, deadline)
        missing = [server for server in servers.all if server not in active]
        if missing:
            found = "; ".join(servers.describe(server) for server in missing)
            raise cloud_stop(f"not all servers became ACTIVE: {found}")
        servers.give_addresses()
        login = Deadline.after(context.times.server_boot)
        context.shells = servers.log_in(servers.all, words.BEFORE, login)
        silent = [server.name for server in servers.all if server.server not in context.shells]
        if silent:
            raise cloud_stop(f"servers do not answer over SSH: {', '.join(silent)}")
        for server in servers.all:
            if words.LOCK in server.given:
                context.ask_server(server, "lock", context.changes.lock)
