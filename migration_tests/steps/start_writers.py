# SPDX-License-Identifier: Apache-2.0
"""Lets the servers that will be moved write, and keeps the ledger of what they acknowledge."""

from __future__ import annotations

from dataclasses import dataclass

from chaos.deadline import Deadline
from migration_tests.guest.shell import GuestError
from migration_tests.record import words
from migration_tests.record.events import DiskRead, WriterStarted, WritesAcknowledged
from migration_tests.runner.context import Context
from migration_tests.runner.step import Step
from migration_tests.runner.stopping import cloud_stop


@dataclass(frozen=True)
class StartWriters(Step):
    """Every subject writes numbered records and has acknowledged some."""

    name = "start_writers"
    doing = "getting the servers to write"

    def produces(self) -> tuple[str, ...]:
        """The look at each untouched disk, and what is acknowledged from then on."""
        return (
            f"{DiskRead.kind}:{words.BEFORE}",
            WriterStarted.kind,
            WritesAcknowledged.kind,
        )

    def title(self, context: Context) -> str:
        """Return where the servers write."""
        return f"servers on {context.source} begin to write"

    def run(self, context: Context) -> None:
        """Start the writers and wait for the first acknowledgement of each."""
        times = context.times
        deadline = Deadline.after(times.server_boot)
        subjects = [server.server for server in context.servers.subjects]
        try:
            context.writers.start(subjects, context.shells, times.write_interval, deadline)
        except GuestError as error:
            raise cloud_stop(f"a server cannot be written to: {error}") from error
        deadline.pause(times.write)
        silent = context.writers.wait_for_first(deadline)
        if silent:
            raise cloud_stop(f"no write was acknowledged by {', '.join(silent)}")
