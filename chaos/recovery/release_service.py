# SPDX-License-Identifier: Apache-2.0
"""Recovery of a host that was crashed with a service held back: it is back, and so is the service.

The host is seen to be up first, and switched on where it has a BMC; then what held the service
back is put as it was before, and the service started. Works from a journal entry alone. May be
called again: a service that is held back no more is only started, one that runs only looked at.
"""

from typing import Any

from chaos import errors, foreign
from chaos.deadline import Deadline
from chaos.inventory import Host
from chaos.journal import Entry
from chaos.recovery import power_on, start_service
from chaos.recovery.protocol import OnEvent
from chaos.recovery.start_service import CALL_SECONDS
from chaos.services import service_control
from chaos.transport import HostShell

LOOK_INTERVAL = 0.5


def recover(entry: Entry, host: Host, deadline: Deadline, on_event: OnEvent) -> dict[str, Any]:
    """See the host up, release the service, start it, and return when it runs.

    :return: what was seen: ``boot_id`` and ``was_down`` of the host, ``pid`` of the service
    :raises chaos.errors.NotRecovered: if one of both is not so in time
    """
    by_hand = entry.data["release_by_hand"]
    try:
        back = power_on.recover(entry, host, deadline, on_event)
    except errors.NotRecovered as exc:
        raise errors.NotRecovered(
            f"{exc.found}; its {entry.data['service']} service is held back until then",
            expected=exc.expected,
            remedy=f"{exc.remedy}, or once it is up release the service there: {by_hand}",
        ) from exc
    _release(entry, host, deadline, on_event)
    return start_service.recover(entry, host, deadline, on_event) | back


def _release(entry: Entry, host: Host, deadline: Deadline, on_event: OnEvent) -> None:
    problem = ""
    with HostShell(host) as shell:
        service, unit = str(entry.data["service"]), str(entry.data.get("unit", ""))
        control = service_control(host, service, shell, unit)
        for _ in deadline.ticks(LOOK_INTERVAL):
            try:
                with foreign.raised_as(errors.ServiceError, control.describe()):
                    control.release(dict(entry.data["hold"]), deadline.within(CALL_SECONDS))
            except errors.ChaosError as exc:
                problem = exc.found
                on_event("fault.release_service", {"accepted": False, "error": exc.found})
            else:
                on_event("fault.release_service", {"accepted": True})
                return
    raise errors.NotRecovered(
        f"the {service} service of {host.name} is still held back; {problem}",
        remedy=f"run there: {entry.data['release_by_hand']}; then recover again",
    )
