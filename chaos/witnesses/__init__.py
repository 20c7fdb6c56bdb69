# SPDX-License-Identifier: Apache-2.0
"""Witnesses, one small file each: ways to see that a host died, or that it is back.

:func:`for_host` says which of them can look at a host.
"""

import dataclasses
from concurrent.futures import ThreadPoolExecutor

from chaos.deadline import Deadline
from chaos.inventory import Host
from chaos.power import bmc_power
from chaos.witnesses.bmc import BmcWitness
from chaos.witnesses.icmp import IcmpWitness
from chaos.witnesses.protocol import Witness, WitnessReading, proved
from chaos.witnesses.ssh_banner import SshBannerWitness
from chaos.witnesses.tcp import TcpWitness

__all__ = ["Witness", "WitnessReading", "for_host", "look_all", "proved"]


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


def look_all(
    witnesses: tuple[Witness, ...], deadline: Deadline, *, driver: str = ""
) -> tuple[WitnessReading, ...]:
    """Let all look at the same time.

    :param driver: the driver of the fault in question; readings that hang on it are marked
    """
    with ThreadPoolExecutor(max_workers=max(1, len(witnesses))) as pool:
        readings = tuple(pool.map(lambda one: one.look(deadline), witnesses))
    return tuple(
        dataclasses.replace(heard, driver=driver if driver in witness.hangs_on else "")
        for witness, heard in zip(witnesses, readings, strict=True)
    )
