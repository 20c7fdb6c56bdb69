# SPDX-License-Identifier: Apache-2.0
"""Recovery of a host that has a timer for it: by its login if there is one, else by that timer.

What all such faults have in common: log in, recover, look, disarm; if the host cannot be reached,
wait for its own timer and look then; as a last resort, and only if the journal allows it, a power
cycle. Works from a journal entry alone. Knows hosts and timers, no fault in particular.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from chaos import errors, foreign
from chaos.deadline import Deadline
from chaos.inventory import Host
from chaos.journal import Entry
from chaos.power import bmc_power
from chaos.recovery.protocol import Data, OnEvent
from chaos.transport import HostShell, read_boot_id
from chaos.transport.host_timer import GRACE_SECONDS, HostTimer, as_script

LOOK_INTERVAL = 1.0
# A host that is slow or half cut off gets this long for one round of questions.
CALL_SECONDS = 60.0

BY_LOGIN, BY_TIMER = "recovered over SSH", "recovered by the host's own timer"
BY_RESTART = "gone with the system that the host ran then"
NEVER = "had never been injected"


@dataclass(frozen=True)
class TimedRecovery:
    """How a host is recovered from one kind of fault.

    :ivar commands: what recovers the host, from the entry's data; each harmless if nothing is left
    :ivar remains: what is still there of it, in words; "" if nothing is
    :ivar differs: what is not as before although nothing is there of it; "" if all is well
    """

    commands: Callable[[Data], Sequence[Sequence[str]]]
    remains: Callable[[HostShell, Data, Deadline], str]
    differs: Callable[[HostShell, Data, Deadline], str]


def timer_of(data: Data) -> HostTimer:
    """Return the timer that an entry names."""
    return HostTimer(**data["timer"])


def recover(
    how: TimedRecovery, entry: Entry, host: Host, deadline: Deadline, on_event: OnEvent
) -> dict[str, Any]:
    """Recover the host by whatever way is open, and return when that is seen.

    :return: what was seen: ``found`` in words, ``boot_id`` now, ``was_down``, False if there was
        nothing to recover from, and ``power_cycled``
    :raises chaos.errors.NotRecovered: if it is not in time
    """
    data, cycled, problem, said = entry.data, False, "", ""
    found: list[str] = []
    with HostShell(host) as shell:
        for _ in deadline.ticks(LOOK_INTERVAL):
            try:
                with foreign.raised_as(errors.ShellError, f"recovering {host.name}"):
                    seen = _by_login(how, shell, data, deadline, found)
                return seen | {"power_cycled": cycled}
            except errors.NotRecovered as exc:
                problem = exc.found
            except errors.ChaosError as exc:
                problem = exc.found
                if data.get("power_cycle") and not cycled and _overdue(entry):
                    cycled = _power_cycle(host, deadline, on_event)
            if problem != said:
                on_event("fault.waiting", {"host": host.name, "why": problem})
                said = problem
    raise errors.NotRecovered(
        f"{host.name} is not seen to be as before; {problem}",
        expected="a login over SSH, and nothing left of the fault; the host's own "
        f"{timer_of(data).describe()} from {entry.opened_at} does that too",
        remedy=f"run on its console: {as_script(how.commands(data))}; then recover again",
    )


def _by_login(
    how: TimedRecovery, shell: HostShell, data: Data, deadline: Deadline, found: list[str]
) -> dict[str, Any]:
    """Log in and recover the host.

    :param found: how it was recovered, as seen by the first login; one that comes later sees less
    :raises chaos.errors.NotRecovered: if something is left, or is not as before
    :raises chaos.errors.ChaosError: if the host cannot be asked
    """
    deadline = deadline.within(CALL_SECONDS)
    timer = timer_of(data)
    boot_id = read_boot_id(shell, deadline)
    left = how.remains(shell, data, deadline)
    if left:
        found.append(BY_LOGIN)
    elif timer.fired(shell, deadline):
        found.append(BY_TIMER)
    elif boot_id != data.get("boot_id"):
        found.append(BY_RESTART)
    shell.run(["sh", "-c", as_script(how.commands(data))], deadline)
    problem = how.remains(shell, data, deadline)
    if problem:
        raise errors.NotRecovered(f"there is still {problem}")
    # An injection that is still to come looks at the timer first: from now on it is too late.
    timer.disarm(shell, deadline)
    problem = how.remains(shell, data, deadline) or how.differs(shell, data, deadline)
    if problem:
        raise errors.NotRecovered(problem)
    seen = {"found": found[0] if found else NEVER, "boot_id": boot_id}
    return seen | {"was_down": bool(found)}


def _overdue(entry: Entry) -> bool:
    """Tell whether the host's own timer must have run long ago."""
    since = datetime.now(UTC) - datetime.fromisoformat(entry.opened_at)
    return since.total_seconds() > timer_of(entry.data).seconds + GRACE_SECONDS


def _power_cycle(host: Host, deadline: Deadline, on_event: OnEvent) -> bool:
    power = bmc_power(host)
    if power is None:
        return False
    about = {"host": host.name, "how": power.describe()}
    try:
        power.reset(deadline)
    except errors.ChaosError as exc:
        on_event("fault.power_cycle", {**about, "accepted": False, "error": exc.found})
        return False
    on_event("fault.power_cycle", {**about, "accepted": True})
    return True
