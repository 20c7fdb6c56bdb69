# SPDX-License-Identifier: Apache-2.0
"""Ends the writers in the servers; what they have acknowledged by then is the whole ledger."""

from __future__ import annotations

from dataclasses import dataclass

from chaos.deadline import Deadline
from migration_tests.record.events import WriterEnded
from migration_tests.runner.context import Context
from migration_tests.runner.step import Step


@dataclass(frozen=True)
class StopWriters(Step):
    """No server writes any more."""

    name = "stop_writers"
    doing = "ending the writers in the servers"

    def produces(self) -> tuple[str, ...]:
        """The end of each ledger."""
        return (WriterEnded.kind,)

    def run(self, context: Context) -> None:
        """Let each write once more where it is now, then end them all."""
        seconds = context.times.final_state
        if context.writers.wait_for_more(Deadline.after(seconds)):
            context.expired("another write of every server", seconds)
        context.writers.end("the writer was ended after the moves")
