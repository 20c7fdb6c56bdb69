# SPDX-License-Identifier: Apache-2.0
"""Asks for evacuations that must be refused, or that find no host."""

from __future__ import annotations

from dataclasses import dataclass

from migration_tests.record import words
from migration_tests.runner.context import Context
from migration_tests.steps.trying import Attempt


@dataclass(frozen=True)
class TryEvacuation(Attempt):
    """No evacuation is made: the servers are where they were.

    :param target: one of ``words.TARGETS``
    :param refused: HTTP statuses of which one is the answer, with "|" between; "": it is accepted
    :param storages: the kinds of storage whose servers it is asked for; none: all
    """

    target: str = words.SCHEDULER
    refused: str = ""
    storages: tuple[str, ...] = ()
    name = "try_evacuation"
    doing = "asking for evacuations that must not be made"
    move = words.EVACUATION
    end = words.ERROR

    def run(self, context: Context) -> None:
        """Ask for them one by one."""
        self.attempt(context, context.changes.evacuate, context.times.evacuation)
