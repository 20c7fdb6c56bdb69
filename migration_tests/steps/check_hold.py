# SPDX-License-Identifier: Apache-2.0
"""Sees that the crashed host is still without its nova-compute, before anything is evacuated."""

from __future__ import annotations

from dataclasses import dataclass

from migration_tests.runner.context import Context
from migration_tests.runner.step import Step
from migration_tests.runner.stopping import cloud_stop


@dataclass(frozen=True)
class CheckHold(Step):
    """Nothing has started the nova-compute of the crashed host, nor one of its guests.

    That it stays so during the evacuation is watched, and judged.
    """

    name = "check_hold"
    doing = "seeing that nova-compute stays down"

    def title(self, context: Context) -> str:
        """Return whose."""
        return f"seeing that the nova-compute of {context.source} stays down"

    def run(self, context: Context) -> None:
        """Ask the watch; a host that cannot be asked just now is no reason to stop."""
        wrong = context.hold.wrong if context.hold else ""
        if wrong:
            raise cloud_stop(
                f"nova-compute was held back on {context.source} and does not stay down: {wrong}; "
                "to evacuate now would start servers twice"
            )
