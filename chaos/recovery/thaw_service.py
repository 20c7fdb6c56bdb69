# SPDX-License-Identifier: Apache-2.0
"""Recovery from a frozen service: let its process go on, and see that the service runs.

A process that is not there any more needs no thawing; the service is then started. Works from a
journal entry alone.
"""

from typing import Any

from chaos import errors, foreign
from chaos.deadline import Deadline
from chaos.inventory import Host
from chaos.journal import Entry
from chaos.recovery import start_service
from chaos.recovery.protocol import OnEvent
from chaos.recovery.start_service import CALL_SECONDS
from chaos.transport import HostShell
from chaos.witnesses.process import read_stat

LOOK_INTERVAL = 0.5


def recover(entry: Entry, host: Host, deadline: Deadline, on_event: OnEvent) -> dict[str, Any]:
    """Continue the process and return when the service runs.

    :return: as :func:`chaos.recovery.start_service.recover`
    :raises chaos.errors.NotRecovered: if it does not in time
    """
    pid, start = int(entry.data["pid"]), entry.data["start"]
    with HostShell(host) as shell:
        for _ in deadline.ticks(LOOK_INTERVAL):
            try:
                with foreign.raised_as(errors.ShellError, f"process {pid} of {host.name}"):
                    stat = read_stat(shell, pid, deadline.within(CALL_SECONDS))
                    if stat is None or stat.start != start or stat.state not in "Tt":
                        break
                    shell.check(["kill", "-CONT", str(pid)], deadline.within(CALL_SECONDS))
            except errors.ChaosError as exc:
                on_event("fault.thaw_service", {"accepted": False, "error": exc.found})
    return start_service.recover(entry, host, deadline, on_event)
