# SPDX-License-Identifier: Apache-2.0
"""The faults, one file each, as fixtures: ``setUp`` injects, ``cleanUp`` recovers.

``contract`` is what all keep to; ``host_crash``, ``service`` and ``timed`` are what some have in
common; ``kinds`` makes one from the options of a command line.
"""

from chaos.faults.contract import Fault
from chaos.faults.disk_full import DiskFull
from chaos.faults.hard_reset import HardReset
from chaos.faults.kinds import KINDS, Kind, Option, make_fault
from chaos.faults.network_partition import NetworkPartition
from chaos.faults.panic import Panic
from chaos.faults.power_off import PowerOff
from chaos.faults.service_freeze import ServiceFreeze
from chaos.faults.service_kill import ServiceKill
from chaos.faults.service_stop import ServiceStop
from chaos.faults.slow_network import SlowNetwork

__all__ = [
    "KINDS",
    "DiskFull",
    "Fault",
    "HardReset",
    "Kind",
    "NetworkPartition",
    "Option",
    "Panic",
    "PowerOff",
    "ServiceFreeze",
    "ServiceKill",
    "ServiceStop",
    "SlowNetwork",
    "make_fault",
]
