# SPDX-License-Identifier: Apache-2.0
"""Which kills there are: every phase of every fault with every option, and some at random.

Knows the faults by name; kills nobody.
"""

import random
from dataclasses import dataclass

from chaos import faults
from chaos.services import NAMES

PHASES = (
    "fault.reading",
    "fault.journalled",
    "fault.injecting",
    "fault.injected",
    "fault.recovering",
    "fault.recovered",
)
# What is tried of each option; "" leaves it to its default.
VALUES = {"via": ("ssh", ""), "service": NAMES}
# A kill at random falls somewhere in the life of a fault.
RANDOM_SECONDS = 12.0


@dataclass(frozen=True)
class Case:
    """One kill.

    :ivar option: the value of the fault's option
    :ivar phase: the event at which the runner kills itself; "" if it is killed after `delay`
    :ivar delay: seconds
    """

    fault: str
    option: str = ""
    phase: str = ""
    delay: float = 0.0

    @property
    def when(self):
        return self.phase.removeprefix("fault.") or f"{self.delay:.1f} s"


def phases():
    """Yield the kills at every boundary."""
    for fault, kind in faults.KINDS.items():
        for value in VALUES.get(kind.option, ("",)):
            for phase in PHASES:
                yield Case(fault, value, phase)


def at_random(number, seed):
    """Yield so many kills at moments that follow from the seed."""
    chance = random.Random(seed)
    for _ in range(number):
        fault = chance.choice(sorted(faults.KINDS))
        yield Case(fault, delay=chance.uniform(0.0, RANDOM_SECONDS))
