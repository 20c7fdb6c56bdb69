# SPDX-License-Identifier: Apache-2.0
"""Which kills there are: every phase of every fault with every option, and some at random.

Knows the faults by name; kills nobody.
"""

import random
from collections.abc import Mapping
from dataclasses import dataclass, field

from chaos import faults
from chaos.services import NAMES

ARMED, HELD = "fault.armed", "fault.held"
PHASES = (
    "fault.reading",
    "fault.journalled",
    ARMED,
    HELD,
    "fault.injecting",
    "fault.injected",
    "fault.recovering",
    "fault.recovered",
)
# Long enough to be proved on a busy machine, short enough to be waited for.
_SOON = {"recover_after": "40s"}
_SERVICES = tuple({"service": name} for name in NAMES)
# What is tried of the options of each fault; what is not said is left to its default.
WORDS = {
    # The disk of a host of the lab is its root file system.
    "disk_full": ({"root_too": "yes", **_SOON},),
    "network_partition": tuple(
        {"networks": name, **_SOON} for name in ("management", "storage", "tunnel")
    ),
    "panic": ({}, {"hold": "compute"}),
    "power_off": ({"via": "ssh"}, {}),
    "service_freeze": _SERVICES,
    "service_kill": _SERVICES,
    "service_stop": _SERVICES,
    "slow_network": ({"networks": "management", **_SOON},),
}
# A kill at random falls somewhere in the life of a fault.
RANDOM_SECONDS = 12.0


@dataclass(frozen=True)
class Case:
    """One kill.

    :ivar words: the fault's options, name to word
    :ivar phase: the event at which the runner kills itself; "" if it is killed after `delay`
    :ivar delay: seconds
    """

    fault: str
    words: Mapping[str, str] = field(default_factory=dict)
    phase: str = ""
    delay: float = 0.0

    @property
    def when(self):
        return self.phase.removeprefix("fault.") or f"{self.delay:.1f} s"

    @property
    def what(self):
        options = ",".join(word for name, word in self.words.items() if name != "recover_after")
        return f"{self.fault} {options}".rstrip()


def phases(chosen):
    """Yield the kills at every boundary of the chosen faults."""
    for fault in chosen:
        for words in WORDS.get(fault, ({},)):
            for phase in PHASES:
                if phase not in (ARMED, HELD) or phase == _ready(fault, words):
                    yield Case(fault, words, phase)


def _ready(fault, words):
    """Return the phase in which a host has been made ready for a fault; "" if there is none."""
    if "hold" in words:
        return HELD
    return ARMED if faults.KINDS[fault].fault.ready else ""


def at_random(chosen, number, seed):
    """Yield so many kills at moments that follow from the seed."""
    chance = random.Random(seed)
    for _ in range(number):
        fault = chance.choice(sorted(chosen))
        words = chance.choice(WORDS.get(fault, ({},)))
        yield Case(fault, words, delay=chance.uniform(0.0, RANDOM_SECONDS))
