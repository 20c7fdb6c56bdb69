# SPDX-License-Identifier: Apache-2.0
"""Witness: what the BMC's power status reads.

Knows a power driver and asks it for the status only.
"""

from chaos import errors
from chaos.deadline import Deadline
from chaos.power.protocol import PowerControl, PowerState
from chaos.witnesses.protocol import Observation, Says, observation

# A BMC that does not answer within this is of no use as a witness now.
LOOK_SECONDS = 5.0

_SAYS: dict[PowerState, Says] = {
    PowerState.ON: "alive",
    PowerState.OFF: "dead",
    PowerState.UNKNOWN: "unknown",
}


class BmcWitness:
    """The power status; no proof of a fault that the same BMC carried out.

    :param power: the driver of the host's BMC
    """

    name = "bmc"
    expects: Says = "dead"

    def __init__(self, power: PowerControl) -> None:
        self.power = power
        self.depends_on = frozenset({power.name})

    def observe(self, deadline: Deadline) -> Observation:
        """Read the power status once."""
        try:
            state = self.power.status(deadline.within(LOOK_SECONDS))
        except (errors.PowerError, errors.SecretError) as exc:
            return observation(self, "unknown", exc.found)
        return observation(self, _SAYS[state], f"power reads {state.value}")
