# SPDX-License-Identifier: Apache-2.0
"""The faults, one file each, and how each is made from words of a command line.

A new fault is a new file and a line here.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from chaos import errors
from chaos.faults.contract import Fault
from chaos.faults.hard_reset import HardReset
from chaos.faults.power_off import PowerOff
from chaos.faults.service_freeze import ServiceFreeze
from chaos.faults.service_kill import ServiceKill
from chaos.faults.service_stop import ServiceStop
from chaos.inventory import Host
from chaos.services import NAMES as SERVICES

__all__ = ["KINDS", "Fault", "Kind", "make"]


@dataclass(frozen=True)
class Kind:
    """One kind of fault.

    :ivar make: called with a host, the option's value as ``option``, and the rest of what a fault
        takes
    :ivar option: what it wants to know besides the host; "" for nothing
    :ivar default: the option's value if none is given; "" if it must be given
    :ivar known: the option's values, or what is to be found in the hosts file
    """

    make: Callable[..., Fault]
    option: str = ""
    default: str = ""
    known: str = ""

    @property
    def summary(self) -> str:
        """What it does, in one line."""
        return (self.make.__doc__ or "").partition("\n")[0].partition(";")[0].rstrip(".")


_SERVICE = {"option": "service", "default": "compute", "known": ", ".join(SERVICES)}

KINDS: dict[str, Kind] = {
    "hard_reset": Kind(HardReset),
    "power_off": Kind(PowerOff, "via", "", "ssh, or the driver of the host's bmc"),
    "service_stop": Kind(ServiceStop, **_SERVICE),
    "service_kill": Kind(ServiceKill, **_SERVICE),
    "service_freeze": Kind(ServiceFreeze, **_SERVICE),
}


def make(kind: str, host: Host, value: str, **more: Any) -> Fault:
    """Return a fault that is not injected yet.

    :param kind: a name in :data:`KINDS`
    :param value: of the kind's option; "" takes its default
    :raises chaos.errors.FaultRefused: if the kind wants a value and has none
    """
    chosen = KINDS[kind]
    if not chosen.option:
        return chosen.make(host, **more)
    value = value or chosen.default
    if not value and kind == "power_off" and host.bmc is not None:
        value = host.bmc.driver
    if not value:
        raise errors.FaultRefused(
            kind, host.name, [f"It wants to know {chosen.option}: {chosen.known}."]
        )
    return chosen.make(host, **{chosen.option: value}, **more)
