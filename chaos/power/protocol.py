# SPDX-License-Identifier: Apache-2.0
"""What a power driver does, as fence-agents call it: on, off, reset, status.

Only the protocol and the loop that every driver needs; no driver, no host.

The lessons are fence-agents' too: a machine is off when its status *reads* off, not when a command
was accepted; a command that was accepted and had no effect is issued again; switching off what is
off and on what is on is no error; a reset is off and then on (``onoff``) before it is ``cycle``,
because only so the power is known to have been gone.
"""

import enum
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from chaos import errors
from chaos.deadline import Deadline


class PowerState(enum.Enum):
    """What a status reads."""

    ON = "on"
    OFF = "off"
    UNKNOWN = "unknown"


class PowerControl(Protocol):
    """A power driver of one host."""

    @property
    def name(self) -> str:
        """The driver's name, as in the hosts file: ``ipmi``, ``ssh``."""

    def describe(self) -> str:
        """Say how this driver switches power, for the record; holds no secret."""

    def why_not(self) -> str:
        """Return why it cannot switch the host off, or "": a clause that says what to do.

        As far as can be known without asking the host or its BMC.
        """

    def prepare(self, deadline: Deadline) -> None:
        """Find out whether it can switch the host off, by asking; touches nothing.

        :raises chaos.errors.PowerUnsupported: if it cannot
        :raises chaos.errors.ChaosError: if nobody can be asked
        """

    def prepare_on(self, deadline: Deadline) -> None:
        """Find out whether it can switch the host on, by asking; touches nothing.

        :raises chaos.errors.PowerUnsupported: if it cannot
        :raises chaos.errors.ChaosError: if nobody can be asked
        """

    def try_on(self, deadline: Deadline) -> None:
        """Send "on" to a host that reads on, which changes nothing, and see that it is taken.

        :raises chaos.errors.PowerUnsupported: if it is refused, but for being on already
        :raises chaos.errors.ChaosError: if nobody can be asked
        """

    def on(self, deadline: Deadline) -> None:
        """Switch on and wait until the status reads on.

        :raises chaos.errors.PowerTimeout: if it does not
        :raises chaos.errors.PowerUnsupported: if the driver cannot
        """

    def off(self, deadline: Deadline) -> None:
        """Switch off at once, without asking the system, and wait until the status reads off.

        A driver that has no status returns when the host has stopped answering it.

        :raises chaos.errors.PowerTimeout: if it does not
        """

    def reset(self, deadline: Deadline) -> None:
        """Switch off, see it off, switch on, see it on."""

    def status(self, deadline: Deadline) -> PowerState:
        """Read the power status once.

        :raises chaos.errors.PowerError: if it cannot be read
        """


@dataclass(frozen=True)
class Timing:
    """How patient a driver is; all in seconds, fence-agents' names and defaults.

    :ivar power_wait: pause after a command before its effect is looked for
    :ivar power_timeout: time within which the status must read as wanted
    :ivar reissue: a command without effect is issued again after so long
    :ivar interval: between two readings of the status
    """

    power_wait: float = 0.0
    power_timeout: float = 20.0
    reissue: float = 5.0
    interval: float = 0.25


def switch(
    wanted: PowerState,
    issue: Callable[[Deadline], None],
    read: Callable[[Deadline], PowerState],
    timing: Timing,
    deadline: Deadline,
    *,
    by: str,
) -> int:
    """Issue a power command, verify its effect, issue it again while there is none.

    The command is issued even if the status reads as wanted already: the reading may be stale or
    untrue, and a second "off" harms nothing. For the same reason an error of the command or of a
    reading only counts if the status never comes to read as wanted.

    :param wanted: what the status has to read
    :param issue: sends the command once
    :param read: reads the status once
    :param by: how the power is switched, for the message
    :return: how often the command was issued
    :raises chaos.errors.PowerTimeout: if the status does not read as wanted in time
    """
    deadline = deadline.within(timing.power_timeout + timing.power_wait)
    issued = 0
    last: PowerState | None = None
    problem: errors.PowerError | None = None
    while issued == 0 or not deadline.expired:
        issued += 1
        try:
            issue(deadline)
        except errors.PowerUnsupported:
            raise
        except errors.PowerError as exc:
            problem = _weightier(problem, exc)
        deadline.pause(timing.power_wait)
        for _ in deadline.within(timing.reissue).ticks(timing.interval):
            try:
                last = read(deadline)
            except errors.PowerError as exc:
                problem = _weightier(problem, exc)
                continue
            if last is wanted:
                return issued
    read_last = f"its status last read {last.value}" if last else "its status could not be read"
    raise errors.PowerTimeout(
        f"{by}: the machine is not {wanted.value} after {issued} command(s): {read_last}"
        + (f"; the last error was: {problem.found}" if problem else ""),
        expected=f"a status that reads {wanted.value} within {timing.power_timeout:g} s",
        remedy=(problem.remedy if isinstance(problem, errors.PowerRefused) else "")
        or "look at the machine's own console; raise power_timeout if it is only slow",
    )


def _weightier(old: errors.PowerError | None, new: errors.PowerError) -> errors.PowerError:
    """Return which of two errors says more: a BMC's own words more than the end of the time."""
    if isinstance(old, errors.PowerRefused) and not isinstance(new, errors.PowerRefused):
        return old
    return new
