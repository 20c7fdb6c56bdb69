# SPDX-License-Identifier: Apache-2.0
"""Which kinds of faults there are, and how each is made from the options of a command line.

A new fault is a new file and a line here. Asks no host.
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
from chaos.faults.timed import RECOVER_SECONDS
from chaos.inventory import Host
from chaos.power import BMC
from chaos.services import NAMES as SERVICES


def _yes_or_no(text: str) -> bool:
    if text not in {"yes", "no"}:
        raise ValueError(f"{text!r} is neither yes nor no")
    return text == "yes"


def _list(text: str) -> tuple[str, ...]:
    return tuple(filter(None, (one.strip() for one in text.split(","))))


@dataclass(frozen=True)
class Option:
    """One option of a fault besides the host.

    :ivar name: as the fault's own constructor calls it
    :ivar values: what may be given, in words
    :ivar default: taken if nothing is given; "" if nothing is passed on then
    :ivar required: whether it must be given
    :ivar read: makes of the text what the constructor takes; raises ValueError
    :ivar flag: whether it has no value: its text is ``yes`` then
    """

    name: str
    values: str
    default: str = ""
    required: bool = False
    read: Callable[[str], Any] = str
    flag: bool = False

    @property
    def option(self) -> str:
        """The option as it is written on a command line."""
        return "--" + self.name.replace("_", "-")


@dataclass(frozen=True)
class Kind:
    """One kind of fault.

    :ivar fault: its class, called with a host, the options by name, and what all faults take
    """

    fault: type[Fault]
    options: tuple[Option, ...] = ()

    @property
    def summary(self) -> str:
        """What it does, in one line."""
        return (self.fault.__doc__ or "").partition("\n")[0].partition(";")[0].rstrip(".")


_VIA = Option("via", "bmc, ssh, or the driver of the host's bmc", BMC)
_SERVICE = Option("service", ", ".join(SERVICES), "compute")
_HOLD = Option("hold", f"a service that stays down until the recovery: {', '.join(SERVICES)}")
_NETWORKS = Option("networks", "names of the host's networks, a comma between", "", True, _list)
_TIMED = (
    Option(
        "recover_after",
        "time after which the host recovers by itself",
        f"{RECOVER_SECONDS:g}s",
        read=quantities.seconds,
    ),
    Option(
        "power_cycle",
        "let the BMC reset a host that is not back then",
        read=_yes_or_no,
        flag=True,
    ),
)

KINDS: dict[str, Kind] = {
    "disk_full": Kind(
        DiskFull,
        (
            Option("path", "a folder of the host", FOLDER),
            Option("leave", "bytes that are left", f"{LEAVE_BYTES >> 20}M", read=quantities.size),
            Option("root_too", "the root file system may be filled", read=_yes_or_no, flag=True),
            *_TIMED,
        ),
    ),
    "hard_reset": Kind(HardReset),
    "network_partition": Kind(
        NetworkPartition,
        (
            _NETWORKS,
            Option("peers", "only these addresses, a comma between", read=_list),
            *_TIMED,
        ),
    ),
    "panic": Kind(Panic, (_HOLD,)),
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
            *_TIMED,
        ),
    ),
}


def make_fault(kind: str, host: Host, texts: Mapping[str, str], **more: Any) -> Fault:
    """Return a fault that is not injected yet.

    :param kind: a name in :data:`KINDS`
    :param texts: the kind's options, name to text; what is missing or "" takes its default
    :raises chaos.errors.FaultRefused: if a required option is missing, or one makes no sense
    """
    given: dict[str, Any] = {}
    reasons = []
    options = {option.name: option for option in KINDS[kind].options}
    for name in sorted(set(texts) - set(options)):
        if texts[name]:
            reasons.append(f"{kind} has no option {name}.")
    for option in options.values():
        text = texts.get(option.name) or option.default
        if not text:
            if option.required:
                reasons.append(f"The option {option.option} is missing: {option.values}.")
            continue
        try:
            given[option.name] = option.read(text)
        except ValueError as exc:
            reasons.append(f"{option.option}: {exc}.")
    if reasons:
        raise errors.FaultRefused(kind, host.name, reasons)
    return KINDS[kind].fault(host, **given, **more)
