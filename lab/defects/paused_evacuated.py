# SPDX-License-Identifier: Apache-2.0
"""A paused or suspended server is evacuated, as if it ran.

By hand, of a paused server whose host is down: ``openstack server evacuate SERVER`` is accepted.
"""

from typing import Any

SERVICES = ("nova-api",)
JUDGES = ("refused_as_promised",)
SCENARIOS = ("evacuate_whole_host",)
HIDES = ("stayed_unchanged", "stayed_runs_again")


def apply() -> None:
    """Take such servers for active ones when an evacuation is asked for."""
    from nova.compute import api, vm_states

    evacuate = api.API.evacuate

    def any_state(self: Any, context: Any, instance: Any, *rest: Any, **named: Any) -> Any:
        if instance.vm_state in (vm_states.PAUSED, vm_states.SUSPENDED):
            instance.vm_state = vm_states.ACTIVE
        return evacuate(self, context, instance, *rest, **named)

    api.API.evacuate = any_state
