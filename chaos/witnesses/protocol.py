# SPDX-License-Identifier: Apache-2.0
"""What a witness says about a host, and when the words of several are proof.

A witness looks at a host in one way and says dead, alive or unknown. It testifies to a death only
if it saw the host alive before: a firewall that swallows pings looks like a dead host to ICMP.

The rule is a pure function of readings (:func:`proved`); no host, no socket.
"""

import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, Protocol

from chaos.deadline import Deadline

Says = Literal["dead", "alive", "unknown"]

# Two that fail in different ways; one alone may be wrong for reasons of its own.
QUORUM = 2


@dataclass(frozen=True)
class WitnessReading:
    """One look.

    :ivar witness: who looked: ``bmc``, ``ssh_banner``, ``icmp``, ``tcp``, ``boot_id``
    :ivar says: ``dead``, ``alive`` or ``unknown``
    :ivar detail: what was seen, in words
    :ivar t_mono: when the look ended, seconds of :func:`time.monotonic`
    :ivar driver: the fault's own driver if this witness hangs on it, and so is no proof; else ""
    """

    witness: str
    says: Says
    detail: str
    t_mono: float
    driver: str = ""


class Witness(Protocol):
    """One way to look at a host."""

    @property
    def name(self) -> str:
        """The witness's name in the record."""

    @property
    def hangs_on(self) -> frozenset[str]:
        """Names of the power drivers whose word this witness would only repeat."""

    def look(self, deadline: Deadline) -> WitnessReading:
        """Look once. Never raises: what cannot be seen is ``unknown``."""


def reading(witness: Witness, says: Says, detail: str) -> WitnessReading:
    """Return a reading that ends now."""
    return WitnessReading(witness.name, says, detail, time.monotonic())


def proved(readings: Iterable[WitnessReading], says: Says, qualified: Iterable[str]) -> bool:
    """Tell if readings prove that a host is dead (or alive).

    :param readings: the last reading of every witness
    :param says: what is to be proved
    :param qualified: witnesses that are able to tell: they saw the opposite before
    :return: True if at least two qualified witnesses that do not hang on the fault's driver say
        so, and no such witness says the opposite
    """
    opposite = {"dead": "alive", "alive": "dead"}.get(says)
    able = set(qualified)
    heard = [one for one in readings if not one.driver and one.witness in able]
    agreeing = sum(one.says == says for one in heard)
    return agreeing >= QUORUM and not any(one.says == opposite for one in heard)
