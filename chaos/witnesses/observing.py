# SPDX-License-Identifier: Apache-2.0
"""Which witnesses can look at a host from outside, and how several look at the same time.

Knows the witnesses; draws no conclusion.
"""

import dataclasses
from concurrent.futures import ThreadPoolExecutor

from chaos import errors, foreign
from chaos.deadline import Deadline
from chaos.inventory import Host
from chaos.power import bmc_power
from chaos.witnesses.bmc import BmcWitness
from chaos.witnesses.icmp import IcmpWitness
from chaos.witnesses.protocol import Observation, Witness, observation
from chaos.witnesses.ssh_banner import SshBannerWitness
from chaos.witnesses.tcp import TcpWitness


def for_host(host: Host) -> tuple[Witness, ...]:
    """Return all witnesses that can look at a host from outside."""
    power = bmc_power(host)
    found: tuple[Witness, ...] = (BmcWitness(power),) if power else ()
    return (
        *found,
        SshBannerWitness(host.ssh),
        IcmpWitness(host.ssh.address),
        TcpWitness(host.ssh.address),
    )


def observe(witness: Witness, deadline: Deadline) -> Observation:
    """Let one look; whatever it raises, that is unknown to it."""
    try:
        # In a thread of the look's own: nobody asks it to end.
        with foreign.raised_as(errors.Unexpected, f"the witness {witness.name}", ends_too=True):
            return witness.observe(deadline)
    except errors.ChaosError as exc:
        return observation(witness, "unknown", exc.found)


def observe_all(
    witnesses: tuple[Witness, ...], deadline: Deadline, *, driver: str = ""
) -> tuple[Observation, ...]:
    """Let all look at the same time.

    :param driver: the driver of the fault in question; observations that depend on it are marked
    """
    with ThreadPoolExecutor(max_workers=max(1, len(witnesses))) as pool:
        observations = tuple(pool.map(lambda one: observe(one, deadline), witnesses))
    return tuple(
        dataclasses.replace(one, driver=driver if driver in witness.depends_on else "")
        for witness, one in zip(witnesses, observations, strict=True)
    )
