# SPDX-License-Identifier: Apache-2.0
"""Gives the returned host back to the cloud: forced_down cleared, then the service enabled.

Only after nova-compute reports again: the API refuses to clear forced_down while evacuation
records of the host are still "done".
"""

from __future__ import annotations

from dataclasses import dataclass

from chaos.deadline import Deadline
from migration_tests.observers.servers import CloudWatch, WaitExpiredError
from migration_tests.runner.context import Context
from migration_tests.runner.step import Step

RETRY_SECONDS = 2.0
TAKEN_BACK = (
    ("clear_forced_down", {"forced_down": False}),
    ("enable", {"status": "enabled"}),
)


@dataclass(frozen=True)
class GiveBack(Step):
    """The host is up, enabled and not forced down.

    A host that is not back is left marked as down: nothing may be scheduled to it.
    """

    name = "give_back"
    doing = "giving the host back to the cloud"
    interruptible = False

    def title(self, context: Context) -> str:
        """Return who is given back."""
        return f"{context.source} is given back to the cloud"

    def run(self, context: Context) -> None:
        """Clear forced_down, enable the service, and wait until both are seen."""
        if "power_on" in context.could_not:
            return
        seconds = context.times.final_state
        if context.marked_down:
            # Whether it was taken or not: each is asked for, and again while it does not take.
            for request, values in TAKEN_BACK:
                for _ in Deadline.after(seconds).ticks(RETRY_SECONDS):
                    if context.ask_service(request, "", **values):
                        break

        def usable(watch: CloudWatch) -> bool:
            service = watch.services.get(context.source)
            return service is not None and service.usable

        try:
            context.watch.wait(usable, Deadline.after(seconds))
        except WaitExpiredError:
            context.expired(f"{context.source} up and enabled", seconds)
