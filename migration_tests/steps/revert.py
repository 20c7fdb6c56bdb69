# SPDX-License-Identifier: Apache-2.0
"""Reverts the cold migrations and resizes that wait for it."""

from __future__ import annotations

from dataclasses import dataclass

from migration_tests.record import words
from migration_tests.runner.context import Context
from migration_tests.runner.step import Step
from migration_tests.steps import deciding


@dataclass(frozen=True)
class Revert(Step):
    """Every server that waited is back where it was, as it was, as its migration record says."""

    name = "revert"
    doing = "reverting the moves"
    decision = words.REVERT

    def produces(self) -> tuple[str, ...]:
        """The answers to the requests, and Nova's own account of each."""
        return deciding.PRODUCED

    def run(self, context: Context) -> None:
        """Revert all of them, then wait for all."""
        deciding.decide(context, self.decision, context.changes.revert)
