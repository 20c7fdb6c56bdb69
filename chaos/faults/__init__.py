# SPDX-License-Identifier: Apache-2.0
"""The faults, one file each, and how each is made from words of a command line.

A new fault is a new file and a line here.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from chaos import errors
from chaos.faults import quantities
from chaos.faults.contract import Fault
from chaos.faults.disk_full import FOLDER, LEAVE_BYTES, DiskFull
from chaos.faults.hard_reset import HardReset
from chaos.faults.network_partition import NetworkPartition
from chaos.faults.panic import Panic
from chaos.faults.power_off import PowerOff
from chaos.faults.service_freeze import ServiceFreeze
from chaos.faults.service_kill import ServiceKill
from chaos.faults.service_stop import ServiceStop
from chaos.faults.slow_network import SlowNetwork
from chaos.faults.timed import UNDO_SECONDS
from chaos.inventory import Host
from chaos.services import NAMES as SERVICES

__all__ = ["KINDS", "Fault", "Kind", "Option", "make"]


def _flag(word: str) -> bool:
    if word not in {"yes", "no"}:
        raise ValueError(f"{word!r} is neither yes nor no")
    return word == "yes"


def _list(text: str) -> tuple[str, ...]:
    return tuple(filter(None, (one.strip() for one in text.split(","))))


@dataclass(frozen=True)
class Option:
    """One thing that a fault wants to know besides the host.

    :ivar name: as the fault's own constructor calls it
    :ivar known: what may be given, in words
    :ivar default: taken if nothing is given; "" if nothing is passed on then
    :ivar needed: whether it must be given
    :ivar read: makes of the word what the constructor takes; raises ValueError
    :ivar flag: whether it is only said or not said: ``yes`` is its word then
    """

    name: str
    known: str
    default: str = ""
    needed: bool = False
    read: Callable[[str], Any] = str
    flag: bool = False

    @property
    def word(self) -> str:
        """The option on a command line, without its dashes."""
        return self.name.replace("_", "-")


@dataclass(frozen=True)
class Kind:
    """One kind of fault.

    :ivar make: called with a host, the options by name, and the rest of what a fault takes
    """

    make: Callable[..., Fault]
    options: tuple[Option, ...] = ()

    @property
    def summary(self) -> str:
        """What it does, in one line."""
        return (self.make.__doc__ or "").partition("\n")[0].partition(";")[0].rstrip(".")


_VIA = Option("via", "ssh, or the driver of the host's bmc", needed=True)
_SERVICE = Option("service", ", ".join(SERVICES), "compute")
_NETWORKS = Option("networks", "names of the host's networks, a comma between", "", True, _list)
_ON_HOST = (
    Option(
        "undo_after",
        "time after which the host undoes it by itself",
        f"{UNDO_SECONDS:g}s",
        read=quantities.seconds,
    ),
    Option("power_cycle", "let the BMC reset a host that is not back then", read=_flag, flag=True),
)

KINDS: dict[str, Kind] = {
    "disk_full": Kind(
        DiskFull,
        (
            Option("path", "a folder of the host", FOLDER),
            Option("leave", "bytes that are left", f"{LEAVE_BYTES >> 20}M", read=quantities.size),
            Option("root_too", "the root file system may be filled", read=_flag, flag=True),
            *_ON_HOST,
        ),
    ),
    "hard_reset": Kind(HardReset),
    "network_partition": Kind(
        NetworkPartition,
        (
            _NETWORKS,
            Option("peers", "only these addresses, a comma between", read=_list),
            *_ON_HOST,
        ),
    ),
    "panic": Kind(Panic),
    "power_off": Kind(PowerOff, (_VIA,)),
    "service_freeze": Kind(ServiceFreeze, (_SERVICE,)),
    "service_kill": Kind(ServiceKill, (_SERVICE,)),
    "service_stop": Kind(ServiceStop, (_SERVICE,)),
    "slow_network": Kind(
        SlowNetwork,
        (
            _NETWORKS,
            Option("rate", "bits per second that are left", "1mbit", read=quantities.rate),
            Option("delay", "what each packet takes longer", read=quantities.seconds),
            *_ON_HOST,
        ),
    ),
}


def make(kind: str, host: Host, words: Mapping[str, str], **more: Any) -> Fault:
    """Return a fault that is not injected yet.

    :param kind: a name in :data:`KINDS`
    :param words: the kind's options, name to word; what is missing or "" takes its default
    :raises chaos.errors.FaultRefused: if the kind wants a word and has none, or one makes no sense
    """
    given: dict[str, Any] = {}
    reasons = []
    options = {option.name: option for option in KINDS[kind].options}
    for name in sorted(set(words) - set(options)):
        if words[name]:
            reasons.append(f"{kind} knows no {name}.")
    for option in options.values():
        word = words.get(option.name) or option.default
        if not word and option is _VIA and host.bmc is not None:
            word = host.bmc.driver
        if not word:
            if option.needed:
                reasons.append(f"It wants to know {option.word}: {option.known}.")
            continue
        try:
            given[option.name] = option.read(word)
        except ValueError as exc:
            reasons.append(f"{option.word}: {exc}.")
    if reasons:
        raise errors.FaultRefused(kind, host.name, reasons)
    return KINDS[kind].make(host, **given, **more)
