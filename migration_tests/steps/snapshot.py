# SPDX-License-Identifier: Apache-2.0
"""Records everything the cloud says of the servers, at a moment of the scenario."""

from __future__ import annotations

from dataclasses import dataclass

from migration_tests.observers.snapshot import KINDS
from migration_tests.record.events.servers import DETAILS
from migration_tests.runner.context import Context
from migration_tests.runner.step import Step

# What is filled in, and earlier records lack.
FILLED_IN = ("volume.snapshot:device", DETAILS)


@dataclass(frozen=True)
class Snapshot(Step):
    """Every server as Nova, Neutron, Cinder and Placement show it.

    :param moment: one of ``words.MOMENTS``
    """

    moment: str
    name = "snapshot"
    doing = "looking at the servers through the API"

    @property
    def phase(self) -> str:
        """Its name in a scenario."""
        return f"{self.name}_{self.moment}"

    def title(self, context: Context) -> str:
        """Return what is looked at."""
        return f"looking at {len(context.servers.all)} servers through the API"

    def produces(self) -> tuple[str, ...]:
        """A look at each server, its volumes and its allocations."""
        return (*(f"{kind}:{self.moment}" for kind in KINDS), *FILLED_IN)

    def run(self, context: Context) -> None:
        """Look at them all."""
        for server in context.servers.all:
            context.snapshots.take(server.server, self.moment)
