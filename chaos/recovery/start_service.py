# SPDX-License-Identifier: Apache-2.0
"""Recovery from the end of a service: start it, and see that it stays.

Works from a journal entry alone. Idempotent: a service that runs is only looked at. Knows
services.
"""

from typing import Any

from chaos import errors, foreign
from chaos.deadline import Deadline
from chaos.inventory import Host
from chaos.journal import Entry
from chaos.recovery.protocol import OnEvent
from chaos.services import service_control
from chaos.transport import HostShell

LOOK_INTERVAL = 0.5
# One that ends again at once has not been started; it is looked at twice, so far apart.
RECHECK_SECONDS = 2.0
# A host that cannot be logged in to for a while may be booting.
CALL_SECONDS = 60.0


def recover(entry: Entry, host: Host, deadline: Deadline, on_event: OnEvent) -> dict[str, Any]:
    """Start the service and return when it runs.

    :return: what was seen: its ``pid`` now, and ``was_down``, whether another process runs now
    :raises chaos.errors.NotRecovered: if it does not run in time
    """
    problem = ""
    with HostShell(host) as shell:
        unit = str(entry.data.get("unit", ""))
        control = service_control(host, str(entry.data["service"]), shell, unit)
        for _ in deadline.ticks(LOOK_INTERVAL):
            try:
                with foreign.raised_as(errors.ServiceError, control.describe()):
                    control.start(deadline.within(CALL_SECONDS))
                    pid = control.pid(deadline.within(CALL_SECONDS))
                    deadline.pause(RECHECK_SECONDS)
                    if pid and control.pid(deadline.within(CALL_SECONDS)) == pid:
                        return {"pid": pid, "was_down": pid != entry.data.get("pid")}
                problem = f"{control.describe()} ends again"
            except errors.ChaosError as exc:
                problem = exc.found
                on_event("fault.start_service", {"accepted": False, "error": exc.found})
    raise errors.NotRecovered(
        f"the {entry.data['service']} service of {host.name} does not run; {problem}",
        remedy="look at its log, start it by hand, recover again",
    )
