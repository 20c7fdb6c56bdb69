# SPDX-License-Identifier: Apache-2.0
"""Has the cloud see that the source host is down: by forcing it, or by waiting for it."""

from __future__ import annotations

from dataclasses import dataclass

from chaos.deadline import Deadline
from migration_tests.observers.servers import CloudWatch, WaitExpiredError
from migration_tests.record.events import ServiceRequest
from migration_tests.runner.context import Context
from migration_tests.runner.step import Step
from migration_tests.runner.stopping import cloud_stop

REASON = "host failure test: the host is dead"


@dataclass(frozen=True)
class MarkDown(Step):
    """The compute service of the source is seen down; it is forced down where that is wanted."""

    name = "mark_down"
    doing = "waiting for the cloud to see the host down"

    def title(self, context: Context) -> str:
        """Return what is awaited."""
        return f"the cloud comes to see {context.source} down"

    def produces(self) -> tuple[str, ...]:
        """The answers to the requests."""
        return (ServiceRequest.kind,)

    def run(self, context: Context) -> None:
        """Force it down and disable it, then wait until the list of services shows it down."""
        source, seconds = context.source, context.times.service_down
        if context.settings.force_down:
            # Known before it is asked for: whatever becomes of the answer, it is to be undone.
            context.marked_down = True
            # Down first: the API passes a disabling on to a compute service that it thinks is up,
            # and waits a minute for the dead one's answer.
            context.ask_service("force_down", "clear forced_down", forced_down=True)
            context.ask_service(
                "disable", "enable", status="disabled", disabled_reason=REASON
            )

        def down(watch: CloudWatch) -> bool:
            service = watch.services.get(source)
            return service is not None and service.state == "down"

        try:
            context.watch.wait(down, Deadline.after(seconds))
        except WaitExpiredError as error:
            raise cloud_stop(
                f"the compute service of {source} is not seen down after {seconds:g} s"
            ) from error
