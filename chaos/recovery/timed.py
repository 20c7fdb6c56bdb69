# SPDX-License-Identifier: Apache-2.0
"""Undoing of what the host can undo by itself: by its login if there is one, else by its timer.

What all such faults have in common: log in, undo, look, disarm; if the host cannot be reached,
wait for its own timer and look then; as a last resort, and only if the journal allows it, a power
cycle. Works from a journal entry alone. Knows hosts and timers, no fault in particular.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from chaos import errors
from chaos.deadline import Deadline
from chaos.inventory import Host
from chaos.journal.reading import Entry
from chaos.power import bmc_power
from chaos.transport.host_timer import GRACE_SECONDS, HostTimer, joined
from chaos.transport.shell import HostShell
from chaos.witnesses.boot_id import read_boot_id

Observe = Callable[[str, Mapping[str, Any]], None]
Data = Mapping[str, Any]

LOOK_INTERVAL = 1.0
# A host that is slow or half cut off gets this long for one round of questions.
CALL_SECONDS = 60.0

BY_LOGIN, BY_TIMER = "undone over SSH", "undone by the host's own timer"
BY_RESTART = "gone with the system that the host ran then"
NEVER = "had never been done"


@dataclass(frozen=True)
class OnHost:
    """How one kind of fault is undone.

    :ivar commands: what undoes it, from the entry's data; each harmless if nothing is to be undone
    :ivar left: what is still there of it, in words; "" if nothing is
    :ivar wrong: what is not as before although nothing is there of it; "" if all is well
    """

    commands: Callable[[Data], Sequence[Sequence[str]]]
    left: Callable[[HostShell, Data, Deadline], str]
    wrong: Callable[[HostShell, Data, Deadline], str]


def timer_of(data: Data) -> HostTimer:
    """Return the timer that an entry tells of."""
    return HostTimer(**data["timer"])


def undo(
    how: OnHost, entry: Entry, host: Host, deadline: Deadline, observe: Observe
) -> dict[str, Any]:
    """Undo it, by whatever way is open, and return when it is seen to be undone.

    :return: what was seen: ``found`` in words, ``boot_id`` now, ``was_down``, False if there was
        nothing to undo, and ``power_cycled``
    :raises chaos.errors.NotRecovered: if it is not in time
    """
    data, cycled, problem, said = entry.data, False, "", ""
    found: list[str] = []
    with HostShell(host) as shell:
        for _ in deadline.ticks(LOOK_INTERVAL):
            try:
                return _by_login(how, shell, data, deadline, found) | {"power_cycled": cycled}
            except errors.NotRecovered as exc:
                problem = exc.found
            except errors.ChaosError as exc:
                problem = exc.found
                if data.get("power_cycle") and not cycled and _overdue(entry):
                    cycled = _power_cycle(host, deadline, observe)
            if problem != said:
                observe("fault.waiting", {"host": host.name, "why": problem})
                said = problem
    raise errors.NotRecovered(
        f"{host.name} is not seen to be as before; {problem}",
        expected="a login over SSH, and nothing left of the fault; the host's own "
        f"{timer_of(data).describe()} from {entry.opened_at} undoes it too",
        remedy=f"run on its console: {joined(how.commands(data))}; then recover again",
    )


def _by_login(
    how: OnHost, shell: HostShell, data: Data, deadline: Deadline, found: list[str]
) -> dict[str, Any]:
    """Log in and undo it.

    :param found: how it was undone, as seen by the first login; one that comes later sees less
    :raises chaos.errors.NotRecovered: if something is left, or is not as before
    :raises chaos.errors.ChaosError: if the host cannot be asked
    """
    deadline = deadline.within(CALL_SECONDS)
    timer = timer_of(data)
    boot_id = read_boot_id(shell, deadline)
    left = how.left(shell, data, deadline)
    if left:
        found.append(BY_LOGIN)
    elif timer.fired(shell, deadline):
        found.append(BY_TIMER)
    elif boot_id != data.get("boot_id"):
        found.append(BY_RESTART)
    shell.run(["sh", "-c", joined(how.commands(data))], deadline)
    problem = how.left(shell, data, deadline)
    if problem:
        raise errors.NotRecovered(f"there is still {problem}")
    # Whoever was about to do the harm looks at the timer first: from now on it is too late.
    timer.disarm(shell, deadline)
    problem = how.left(shell, data, deadline) or how.wrong(shell, data, deadline)
    if problem:
        raise errors.NotRecovered(problem)
    seen = {"found": found[0] if found else NEVER, "boot_id": boot_id}
    return seen | {"was_down": bool(found)}


def _overdue(entry: Entry) -> bool:
    """Tell whether the host's own timer must have undone it long ago."""
    since = datetime.now(UTC) - datetime.fromisoformat(entry.opened_at)
    return since.total_seconds() > timer_of(entry.data).seconds + GRACE_SECONDS


def _power_cycle(host: Host, deadline: Deadline, observe: Observe) -> bool:
    power = bmc_power(host)
    if power is None:
        return False
    about = {"host": host.name, "how": power.describe()}
    try:
        power.reset(deadline)
    except errors.ChaosError as exc:
        observe("fault.power_cycle", {**about, "accepted": False, "error": exc.found})
        return False
    observe("fault.power_cycle", {**about, "accepted": True})
    return True
