# SPDX-License-Identifier: Apache-2.0
"""What a witness sees, and when what several of them see is proof.

A witness observes in one way. Of a host it says whether that is dead or alive; of a process, a
rule, a file, an answer on a network, whether that is present or absent. Its word counts only if it
saw the state before: a firewall that swallows pings looks like a dead host to ICMP.

The rule is a pure function of observations (:func:`proved`); no host, no socket.
"""

import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, Protocol

from chaos.deadline import Deadline

Says = Literal["dead", "alive", "present", "absent", "unknown"]

# Two that fail in different ways; one alone may be wrong for reasons of its own.
QUORUM = 2


@dataclass(frozen=True)
class Observation:
    """What one witness saw at one time.

    :ivar witness: who looked: ``bmc``, ``ssh_banner``, ``icmp``, ``tcp``, ``boot_id``
    :ivar says: of a host ``dead`` or ``alive``, of anything else ``present`` or ``absent``; or
        ``unknown``
    :ivar detail: what was seen, in words
    :ivar t_mono: when the look ended, seconds of :func:`time.monotonic`
    :ivar in_effect: whether that is what the fault brings about: True, or False if all is as
        before, or None if it cannot be known
    :ivar driver: the fault's own driver if this witness depends on it, and so is no proof; else ""
    """

    witness: str
    says: Says
    detail: str
    t_mono: float
    in_effect: bool | None
    driver: str = ""


class Witness(Protocol):
    """One way to look at a host, or at something on it."""

    @property
    def name(self) -> str:
        """The witness's name in the record."""

    @property
    def expects(self) -> Says:
        """What it says once the fault is in effect."""

    @property
    def depends_on(self) -> frozenset[str]:
        """Names of the power drivers whose word this witness would only repeat."""

    def observe(self, deadline: Deadline) -> Observation:
        """Look once. Never raises: what cannot be seen is ``unknown``."""


def observation(witness: Witness, says: Says, detail: str) -> Observation:
    """Return what a witness saw, as of now."""
    in_effect = None if says == "unknown" else says == witness.expects
    return Observation(witness.name, says, detail, time.monotonic(), in_effect)


def proved(
    observations: Iterable[Observation], in_effect: bool, qualified: Iterable[str]
) -> bool:
    """Tell if observations prove that a fault is in effect, or that all is as before.

    :param observations: the last one of every witness
    :param in_effect: what is to be proved
    :param qualified: witnesses whose word counts: they saw the opposite before
    :return: True if at least two qualified witnesses that do not depend on the fault's driver say
        so, and no such witness says the opposite
    """
    able = set(qualified)
    count = [one.in_effect for one in observations if not one.driver and one.witness in able]
    return count.count(in_effect) >= QUORUM and (not in_effect) not in count
