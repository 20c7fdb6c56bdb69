# SPDX-License-Identifier: Apache-2.0
"""Waits until the returned source has completed the records of the servers that left it."""

from __future__ import annotations

from dataclasses import dataclass

from chaos.deadline import Deadline
from migration_tests.observers.servers import CloudWatch, WaitExpiredError
from migration_tests.record import words
from migration_tests.runner.context import Context
from migration_tests.runner.step import Step


@dataclass(frozen=True)
class AwaitCleanUp(Step):
    """The source cleaned up after its evacuated servers, or had its time to."""

    name = "await_clean_up"
    doing = "waiting for the host to clean up"
    interruptible = False

    def title(self, context: Context) -> str:
        """Return who cleans up."""
        return f"{context.source} cleans up after its evacuated servers"

    def run(self, context: Context) -> None:
        """Wait; no stop if it does not: what is left is looked at, and the judges name it."""
        if "power_on" in context.could_not:
            return
        seconds = context.times.clean_up

        def completed(watch: CloudWatch) -> bool:
            return all(
                one.status == "completed"
                for one in watch.migrations.values()
                if one.source == context.source
                and one.server in context.servers.ids
                and one.type == words.EVACUATION
                and one.status in words.ARRIVED
            )

        try:
            context.watch.wait(completed, Deadline.after(seconds))
        except WaitExpiredError:
            # No stop: what is left behind is looked at, and the judges name it.
            context.expired("completed migration records", seconds)
