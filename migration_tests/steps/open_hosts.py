# SPDX-License-Identifier: Apache-2.0
"""Enables the compute services again that were disabled so that no host could be found."""

from __future__ import annotations

from dataclasses import dataclass

from chaos.deadline import Deadline
from migration_tests.observers.servers import CloudWatch, WaitExpiredError
from migration_tests.runner.context import Context
from migration_tests.runner.step import Step

RETRY_SECONDS = 2.0


@dataclass(frozen=True)
class OpenHosts(Step):
    """All hosts that were closed take servers again."""

    name = "open_hosts"
    doing = "enabling the hosts again that can take the servers"
    interruptible = False

    def run(self, context: Context) -> None:
        """Enable each, asked again while it does not take; nothing if none is closed."""
        seconds = context.times.final_state
        for host in list(context.closed):
            for _ in Deadline.after(seconds).ticks(RETRY_SECONDS):
                if context.ask_service("enable", "", host=host, status="enabled"):
                    context.closed.remove(host)
                    break

        def opened(watch: CloudWatch) -> bool:
            services = watch.services
            return all(
                services[host].usable
                for one in context.servers.subjects
                for host in one.targets
                if host in services
            )

        try:
            context.watch.wait(opened, Deadline.after(seconds))
        except WaitExpiredError:
            context.expired("all hosts enabled again", seconds)
