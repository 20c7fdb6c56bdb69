# SPDX-License-Identifier: Apache-2.0
"""Begins to watch which domains run on which host; it goes on until the scenario ends."""

from __future__ import annotations

from dataclasses import dataclass

from migration_tests.record.events import DomainsSeen
from migration_tests.runner.context import Context
from migration_tests.runner.step import Step


@dataclass(frozen=True)
class WatchDomains(Step):
    """All hosts of the hosts file are asked on a short interval which domains they run."""

    name = "watch_domains"
    doing = "beginning to watch the domains of the hosts"

    def produces(self) -> tuple[str, ...]:
        """Looks, gathered as long as they show the same."""
        return (DomainsSeen.kind,)

    def run(self, context: Context) -> None:
        """Start the watch."""
        context.domains.start()
