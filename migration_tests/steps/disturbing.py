# SPDX-License-Identifier: Apache-2.0
"""What all steps have in common that harm the source host: the fault, its proof, its record.

May not know: which fault it is.
"""

from __future__ import annotations

from typing import Any

from chaos import errors
from chaos.deadline import Deadline
from chaos.faults.contract import Fault
from chaos.guard import Guard
from migration_tests.observers.as_event import as_event
from migration_tests.record.events import DisturbanceStarted, Reading
from migration_tests.runner.context import Context
from migration_tests.runner.stopping import harness_stop


def options(context: Context, seconds: float) -> dict[str, Any]:
    """Return what every fault is made with.

    :param seconds: within which it has to be injected and proved
    """
    return {
        "run": context.settings.run,
        "deadline": Deadline.after(seconds),
        "on_event": context.recorder("chaos").note,
        # Asked again: somebody's server may have come meanwhile.
        "guard": Guard(further=context.rules),
        "confirm_within": seconds,
    }


def disturb(context: Context, fault: Fault, via: str, happened: str) -> None:
    """Inject a fault that ends the source host's system; it proves itself, or the scenario stops.

    :param via: the way that was asked for
    :param happened: what has happened to the host, "lost its power"
    """
    host = fault.host.name
    try:
        fault.setUp()
    except errors.FaultRefused as refused:
        raise harness_stop(str(refused)) from refused
    finally:
        # From the injection on there is something to undo, whatever else went wrong.
        if fault.t_injected is not None:
            context.fault = fault
            context.writers.end(f"{host} {happened}")
            context.record(
                DisturbanceStarted(
                    fault=fault.kind,
                    host=host,
                    via=via,
                    verdict=fault.verdict,
                    readings=tuple(as_event(Reading, one) for one in fault.observations),
                    t_injected=fault.t_injected,
                    driver=fault.driver,
                )
            )
    if fault.verdict != "injected":
        raise harness_stop(
            f"the death of {host} is not proved, and to evacuate from a living host would start "
            "servers twice"
        )
