# SPDX-License-Identifier: Apache-2.0
"""Power over Redfish (HTTPS), by OpenStack's own client, sushy.

What sushy does that one would have to do oneself: find the system, read which kinds of reset it
says it supports, and understand the dialects of firmware. How the BMC is reached stands in
:mod:`chaos.power.redfish_connection`. It authenticates with every request:
sessions are few on a BMC and stay behind when a client dies. Knows nothing of faults.
"""

import logging
from collections.abc import Callable, Collection
from typing import Any, TypeVar

import sushy
from sushy import auth, exceptions

from chaos import errors, foreign
from chaos.deadline import Deadline
from chaos.inventory import BmcAccess
from chaos.power.protocol import PowerState, Timing, switch
from chaos.power.redfish_connection import ROOT, Connection, Refused
from chaos.power.redfish_task import goes_on, task_of, why_failed
from chaos.power.trying import try_on

# In order of preference; what the BMC says it supports decides.
_ON = (sushy.ResetType.ON, sushy.ResetType.FORCE_ON)
_OFF = (sushy.ResetType.FORCE_OFF,)

_STATES = {
    sushy.PowerState.ON: PowerState.ON,
    sushy.PowerState.OFF: PowerState.OFF,
    # Under way either way: not yet what was asked for.
    sushy.PowerState.POWERING_ON: PowerState.UNKNOWN,
    sushy.PowerState.POWERING_OFF: PowerState.UNKNOWN,
}

# Accepted, and still to be carried out: a task has been made of it.
_ACCEPTED = 202

# So long is waited for the end of a task that has nothing to do, and so often it is looked at.
TASK_SECONDS = 20.0
TASK_INTERVAL = 0.5

# So much of what a BMC says is handed on.
WORDS = 500

Result = TypeVar("Result")
Question = Callable[[Any, Connection], Result]

# Its warnings quote what the BMC answered, at length; errors say what is needed.
logging.getLogger("sushy").setLevel(logging.ERROR)


class RedfishPower:
    """Power of one machine through its BMC.

    :param bmc: where the BMC is and how to log in
    """

    name = "redfish"

    def __init__(self, bmc: BmcAccess) -> None:
        self.bmc = bmc
        self._task = ""
        self.timing = Timing(power_wait=bmc.power_wait, power_timeout=bmc.power_timeout)

    def describe(self) -> str:
        """Say how this driver switches power."""
        return f"ComputerSystem.Reset over Redfish at {self.bmc.address} port {self.bmc.port}"

    def why_not(self) -> str:
        """What a BMC supports it says only when it is asked."""
        return ""

    def prepare(self, deadline: Deadline) -> None:
        """See that the BMC offers to switch off, and on again.

        :raises chaos.errors.PowerUnsupported: if it does not
        """
        self._ask(
            lambda system, _: [self._choose(kinds, system) for kinds in (_OFF, _ON)], deadline
        )

    def prepare_on(self, deadline: Deadline) -> None:
        """See that the BMC offers to switch on.

        :raises chaos.errors.PowerUnsupported: if it does not
        """
        self._ask(lambda system, _: self._choose(_ON, system), deadline)

    def try_on(self, deadline: Deadline) -> None:
        """Send "on" to a system that is on, and see that it is taken, and its task done."""

        def issue(until: Deadline) -> None:
            self._issue(_ON, until)
            for _ in until.within(TASK_SECONDS).ticks(TASK_INTERVAL):
                if not self._task or self._check_task(until):
                    return
            raise errors.PowerUnsupported(
                f'{self.describe()}: the BMC made a task of "on" that does not end, and may '
                "switch the host on after it was switched off",
                remedy="see the BMC's own list of tasks",
            )

        try_on(issue, self.status, deadline, by=self.describe())

    def on(self, deadline: Deadline) -> None:
        """Switch on and wait until the status reads on."""
        self._switch(_ON, PowerState.ON, deadline)

    def off(self, deadline: Deadline) -> None:
        """Switch off hard and wait until the status reads off."""
        self._switch(_OFF, PowerState.OFF, deadline)

    def reset(self, deadline: Deadline) -> None:
        """Switch off, see it off, switch on, see it on."""
        self.off(deadline)
        self.on(deadline)

    def status(self, deadline: Deadline) -> PowerState:
        """Read the power status once.

        :raises chaos.errors.PowerError: if the BMC does not say
        """
        state = self._ask(lambda system, _: system.power_state, deadline)
        return _STATES.get(state, PowerState.UNKNOWN)

    def _switch(
        self, kinds: tuple[sushy.ResetType, ...], wanted: PowerState, deadline: Deadline
    ) -> None:
        def issue(until: Deadline) -> None:
            self._issue(kinds, until)

        def read(until: Deadline) -> PowerState:
            state = self.status(until)
            if state is not wanted and self._task:
                self._check_task(until)
            return state

        switch(wanted, issue, read, self.timing, deadline, by=self.describe())

    def _issue(self, kinds: tuple[sushy.ResetType, ...], deadline: Deadline) -> None:
        self._task = ""
        self._ask(lambda system, bmc: self._reset(system, bmc, kinds), deadline)

    def _reset(
        self, system: Any, connection: Connection, kinds: tuple[sushy.ResetType, ...]
    ) -> None:
        system.reset_system(self._choose(kinds, system))
        answer = connection.acted
        if answer is None:
            return
        self._task_failed(why_failed(answer.status_code, answer.content))
        if answer.status_code == _ACCEPTED:
            self._task = task_of(answer.headers.get("Location"), answer.content)

    def _check_task(self, deadline: Deadline) -> bool:
        """See whether what was accepted has failed meanwhile; tell whether it is over.

        :raises chaos.errors.PowerError: if it has failed, once; it is issued again then
        """
        answer = self._ask(lambda _, bmc: bmc.look(self._task), deadline)
        self._task_failed(why_failed(answer.status_code, answer.content))
        return not goes_on(answer.status_code, answer.content)

    def _task_failed(self, why: str) -> None:
        if why:
            self._task = ""
            raise errors.PowerRefused(
                f"{self.describe()}: the BMC made a task of it, and {why}",
                remedy="see the BMC's own log and its list of tasks",
            )

    def _choose(self, kinds: tuple[sushy.ResetType, ...], system: Any) -> sushy.ResetType:
        """Return the first kind of reset that a system offers.

        :raises chaos.errors.PowerUnsupported: if it offers none of them; names what it offers
        """
        try:
            offered = system.get_allowed_reset_system_values()
        except exceptions.MissingActionError:
            raise errors.PowerUnsupported(
                f"{self.describe()}: the system offers no reset at all",
                expected="the action #ComputerSystem.Reset",
                remedy="check system, and the rights of the user; some BMCs need a license for it",
            ) from None
        for kind in kinds:
            if kind in offered:
                return kind
        raise errors.PowerUnsupported(
            f"{self.describe()}: the BMC offers no {' or '.join(kind.value for kind in kinds)}",
            expected="one of these among " + (", ".join(_names(system, offered)) or "(nothing)"),
        )

    def _ask(self, question: Question[Result], deadline: Deadline) -> Result:
        """Log in, find the system and ask it.

        :param question: called with the system, as sushy has it, and the connection

        :raises chaos.errors.PowerError: if that fails or takes too long
        """
        with foreign.raised_as(errors.PowerError, self.describe()):
            return self._ask_system(question, deadline)

    def _ask_system(self, question: Question[Result], deadline: Deadline) -> Result:
        password = self.bmc.password.reveal(deadline.remaining())
        try:
            connection = Connection(self.bmc, deadline)
            client = sushy.Sushy(
                connection.url,
                auth=auth.BasicAuth(self.bmc.user, password),
                connector=connection,
                root_prefix=ROOT,
            )
            return question(client.get_system(self.bmc.system), connection)
        except (exceptions.SushyError, OSError) as exc:
            error = errors.PowerRefused if isinstance(exc, Refused) else errors.PowerError
            raise error(f"{self.describe()}: {_why(exc)}", remedy=self._remedy(exc)) from None

    def _remedy(self, exc: Exception) -> str:
        if getattr(exc, "status_code", None) in {401, 403}:
            return f"check user, the password in {self.bmc.password.where}, and the user's rights"
        if "certificate" in str(exc).lower():
            return "set ca_file to who signed its certificate, or verify to false"
        if isinstance(exc, exceptions.ConnectionError):
            return "check address and port, and that the BMC serves Redfish there"
        if isinstance(exc, exceptions.MissingAttributeError):
            return "update the BMC's firmware, or choose another driver for it"
        if isinstance(exc, Refused):
            return exc.resolution or "see the BMC's own log"
        return "check address, port, user, password, verify and system"


def _names(system: Any, offered: Collection[sushy.ResetType]) -> list[str]:
    """Return what a system says it offers, of kinds that nobody knows too."""
    said = system.json.get("Actions", {}).get("#ComputerSystem.Reset", {})
    listed = said.get("ResetType@Redfish.AllowableValues")
    return sorted(map(str, listed)) if listed else sorted(one.value for one in offered)


def _why(exc: Exception) -> str:
    """Say in one line what went wrong; neither header nor body of a request is quoted."""
    status = getattr(exc, "status_code", None)
    text = " ".join(str(exc).split())[:WORDS]
    return f"HTTP {status}: {text}" if status else text
