# SPDX-License-Identifier: Apache-2.0
"""Brings the disturbed host back and waits until its compute service reports."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass

from chaos import errors
from chaos.deadline import Deadline
from migration_tests.observers.servers import CloudWatch, WaitExpiredError
from migration_tests.record import words
from migration_tests.record.events import DisturbanceEnded, HostBooted, ServiceReported
from migration_tests.runner.context import Context
from migration_tests.runner.step import Step
from migration_tests.runner.stopping import cloud_stop, harness_stop


@dataclass(frozen=True)
class PowerOn(Step):
    """The host has booted anew and its nova-compute reports."""

    name = "power_on"
    doing = "bringing the host back"
    interruptible = False

    def title(self, context: Context) -> str:
        """Return who comes back."""
        return f"{context.source} is brought back"

    def produces(self) -> tuple[str, ...]:
        """The new boot ID, and the service's first report."""
        return (
            DisturbanceEnded.kind,
            f"{HostBooted.kind}:{words.RETURNED}",
            ServiceReported.kind,
        )

    def run(self, context: Context) -> None:
        """Undo the fault, if there is one, then wait for the service.

        While it is forced down only the time stamp of its reports tells that it lives.
        """
        fault = context.fault
        if fault is None:
            return
        host, deadline = context.source_host, Deadline.after(context.times.host_boot)
        # What it is to see ends here.
        context.end_hold()
        # Whatever was changed of the service has moved its time stamp, too.
        with contextlib.suppress(WaitExpiredError):
            context.watch.refresh(deadline.within(context.times.final_state))
        last_report = _updated_at(context.watch, host.name)
        try:
            fault.recover(deadline)
        except errors.ChaosError as error:
            raise harness_stop(f"{host.name} is not back: {error}") from error
        context.fault = None
        context.record(DisturbanceEnded(fault=fault.kind, host=host.name))
        boot_id = str(fault.recovered.get("boot_id") or "")
        if boot_id:
            context.record(
                HostBooted(host=host.name, moment=words.RETURNED, boot_id=boot_id)
            )
        else:
            context.inspector.boot_id(host, words.RETURNED, deadline)

        def reports(watch: CloudWatch) -> str | None:
            seen = _updated_at(watch, host.name)
            return seen if seen != last_report else None

        try:
            updated_at = context.watch.wait(reports, deadline)
        except WaitExpiredError as error:
            raise cloud_stop(
                f"{host.name} is back, but its compute service does not report"
            ) from error
        context.record(ServiceReported(host=host.name, updated_at=updated_at))


def _updated_at(watch: CloudWatch, host: str) -> str | None:
    service = watch.services.get(host)
    return service.updated_at if service else None
