# SPDX-License-Identifier: Apache-2.0
"""Confirms the cold migrations and resizes that wait for it."""

from __future__ import annotations

from dataclasses import dataclass

from migration_tests.record import words
from migration_tests.runner.context import Context
from migration_tests.runner.step import Step
from migration_tests.steps import deciding


@dataclass(frozen=True)
class Confirm(Step):
    """Every server that waited is confirmed where it is, as its migration record says."""

    name = "confirm"
    doing = "confirming the moves"
    decision = words.CONFIRM

    def produces(self) -> tuple[str, ...]:
        """The answers to the requests, and Nova's own account of each."""
        return deciding.PRODUCED

    def run(self, context: Context) -> None:
        """Confirm all of them, then wait for all."""
        deciding.decide(context, self.decision, context.changes.confirm)
