# SPDX-License-Identifier: Apache-2.0
"""The API refuses to evacuate: it will not believe that the host is dead."""

from typing import Any

SERVICES = ("nova-api",)
JUDGES = ("evacuation_completed",)
STOPS = True


def apply() -> None:
    """Answer as if the compute service were up."""
    from nova import exception
    from nova.compute import api

    def refuse(self: Any, context: Any, instance: Any, *_rest: Any, **_named: Any) -> None:
        raise exception.ComputeServiceInUse(host=instance.host)

    api.API.evacuate = refuse
