# SPDX-License-Identifier: Apache-2.0
"""Disables the compute services of all hosts that could take the servers: no host is left."""

from __future__ import annotations

from dataclasses import dataclass

from chaos.deadline import Deadline
from migration_tests.observers.servers import CloudWatch, WaitExpiredError
from migration_tests.record.events import ServiceRequest
from migration_tests.runner.context import Context
from migration_tests.runner.step import Step
from migration_tests.runner.stopping import cloud_stop

REASON = "host failure test: no host is to be found"


@dataclass(frozen=True)
class CloseHosts(Step):
    """The scheduler finds no host for the servers; what runs elsewhere is not touched by that."""

    name = "close_hosts"
    doing = "disabling the hosts that could take the servers"
    interruptible = False

    def produces(self) -> tuple[str, ...]:
        """The answers to the requests."""
        return (ServiceRequest.kind,)

    def run(self, context: Context) -> None:
        """Disable them, and wait until all are seen to be."""
        targets = [host for one in context.servers.subjects for host in one.targets]
        usable = {name for name, service in context.watch.services.items() if service.usable}
        hosts = [host for host in dict.fromkeys(targets) if host in usable]
        for host in hosts:
            # Known before it is asked for: whatever becomes of the answer, it is to be undone.
            context.closed.append(host)
            values = {"status": "disabled", "disabled_reason": REASON}
            context.ask_service("disable", "enable", host=host, **values)

        def closed(watch: CloudWatch) -> bool:
            return not any(watch.services[host].usable for host in hosts if host in watch.services)

        seconds = context.times.final_state
        try:
            context.watch.wait(closed, Deadline.after(seconds))
        except WaitExpiredError as error:
            found = ", ".join(hosts)
            raise cloud_stop(f"{found} are not seen disabled after {seconds:g} s") from error
