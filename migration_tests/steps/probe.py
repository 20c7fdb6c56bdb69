# SPDX-License-Identifier: Apache-2.0
"""Begins to probe all servers at their addresses; the report comes at the scenario's end."""

from __future__ import annotations

from dataclasses import dataclass

from chaos.deadline import Deadline
from migration_tests.observers.probe import Probe as Prober
from migration_tests.observers.probe import ProbeTarget
from migration_tests.record import words
from migration_tests.record.events import ProbeReport
from migration_tests.runner.context import Context
from migration_tests.runner.servers import TestServer
from migration_tests.runner.step import Step

# A server whose gap has no limit is away for long: there is no need to ask it more often.
WIDE_INTERVAL = 0.1
BYSTANDER_LIMIT = "bystander_max_gap"


@dataclass(frozen=True)
class Probe(Step):
    """Every server is asked for an echo on absolute deadlines."""

    name = "probe"
    doing = "beginning to probe the servers"

    def produces(self) -> tuple[str, ...]:
        """One report a server, at the end."""
        return (ProbeReport.kind,)

    def run(self, context: Context) -> None:
        """Start the prober; it goes on until the scenario ends."""
        targets = [_target(server, context) for server in context.servers.all]
        context.probe = Prober(targets, context.recorder("observers.probe"))
        seconds = context.times.final_state
        if not context.probe.begun(Deadline.after(seconds)):
            context.expired("the beginning of the probing", seconds)


def _target(server: TestServer, context: Context) -> ProbeTarget:
    """Probe closely where a gap is limited, at leisure elsewhere."""
    times, limits = context.times, context.plan.limits
    stays = server.expected and not any(one.arrives for one in server.expected)
    names = [BYSTANDER_LIMIT] if stays or server.role == words.BYSTANDER else []
    names += [one.gap_limit for one in server.expected if one.gap_limit]
    if names:
        interval, threshold = times.probe_interval, min(limits[name] for name in names)
    else:
        interval = max(times.probe_interval, WIDE_INTERVAL)
        threshold = times.service_down + times.evacuation
    return ProbeTarget(server.server, server.address, interval, threshold)
