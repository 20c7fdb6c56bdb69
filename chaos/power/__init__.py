# SPDX-License-Identifier: Apache-2.0
"""How a host's power is switched: one driver a file, behind what :mod:`chaos.power.protocol` says.

Which driver is a host's own stands in ``drivers``; a new one is a new file, a name in the schema
of the hosts file and a line there.
"""

from chaos.power.drivers import (
    BMC,
    SSH,
    bmc_power,
    driver_name,
    power_control,
    why_no_crash,
    why_not,
)
from chaos.power.protocol import PowerControl, PowerState

__all__ = [
    "BMC",
    "SSH",
    "PowerControl",
    "PowerState",
    "bmc_power",
    "driver_name",
    "power_control",
    "why_no_crash",
    "why_not",
]
