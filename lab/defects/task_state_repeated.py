# SPDX-License-Identifier: Apache-2.0
"""An evacuated server's task state goes back to an earlier one for a while."""

import time
from typing import Any

SERVICES = ("nova-compute",)
JUDGES = ("task_states_in_order",)

# Long enough to be seen by who looks once a second, on a busy machine too.
SECONDS = 6


def apply() -> None:
    """Show ``rebuilding`` again when the guest was started."""
    from nova.compute import manager

    rebuild = manager.ComputeManager._rebuild_default_impl

    def rebuild_and_return(
        self: Any, context: Any, instance: Any, *rest: Any, **named: Any
    ) -> None:
        rebuild(self, context, instance, *rest, **named)
        state = instance.task_state
        for shown in (state, "rebuilding"):
            instance.task_state = shown
            instance.save()
            time.sleep(SECONDS)
        instance.task_state = state
        instance.save()

    manager.ComputeManager._rebuild_default_impl = rebuild_and_return
