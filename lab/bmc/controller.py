# SPDX-License-Identifier: Apache-2.0
"""What every protocol of a BMC asks: is the host on, and may it be switched.

Between the protocols and the switch, and the place where the BMC's behaviour comes in, so that it
is the same for all of them. Knows no packet and no HTTP.
"""

import asyncio
import logging

from lab.bmc.behaviours import Asked, Refusal
from lab.bmc.chassis import Chassis
from lab.bmc.settings import Settings

LOG = logging.getLogger(__name__)

# Need a host that is on.
_RESTARTS = {"cycle", "reset", "restart"}


class RefusedError(Exception):
    """A request is not served; `refusal` says why."""

    def __init__(self, refusal: Refusal):
        super().__init__(refusal.value)
        self.refusal = refusal


class Controller:
    """One BMC, as its protocols see it. Its coroutines belong to one event loop.

    :param chassis: the switch.
    :param settings: how to behave.
    """

    def __init__(self, chassis: Chassis, settings: Settings):
        self._chassis = chassis
        self._settings = settings

    @property
    def delay(self) -> float:
        """Seconds by which every answer is late."""
        return self._settings.in_force.delay

    def check(self, asked: Asked) -> None:
        """Return if `asked` may be served.

        :raises RefusedError: it may not.
        """
        refusal = self._settings.in_force.refusal(asked)
        if refusal:
            raise RefusedError(refusal)

    async def on(self) -> bool:
        """Return the power state to report.

        :raises RefusedError: the BMC is busy, or does not know.
        """
        self.check(Asked.READ)
        reported = self._settings.in_force.reported(await self._chassis.state())
        if reported is None:
            raise RefusedError(Refusal.UNKNOWN)
        return reported

    async def switch(self, action: str | None) -> None:
        """Accept a power action: a word of `Chassis.request`, or None for one that nobody has.

        :raises RefusedError: it is not accepted.
        """
        self.check(Asked.SWITCH)
        if action is None or not self._chassis.knows(action):
            raise RefusedError(Refusal.UNSUPPORTED)
        in_force = self._settings.in_force
        if action in _RESTARTS and in_force.reported(await self._chassis.state()) is False:
            raise RefusedError(Refusal.STATE)
        if in_force.carries_out():
            self._chassis.request(action)
        else:
            LOG.info("power %s accepted and ignored, as set", action)
            await asyncio.to_thread(self._settings.write_applied)
