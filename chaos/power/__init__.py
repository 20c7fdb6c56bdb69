# SPDX-License-Identifier: Apache-2.0
"""Power drivers, one file each, behind the words of :mod:`chaos.power.protocol`.

A new driver is a new file, a name in the schema of the hosts file and a line here.
"""

from collections.abc import Callable

from chaos import errors
from chaos.inventory import BmcAccess, CommandAccess, Host
from chaos.power.command import CommandPower
from chaos.power.ipmi import IpmiPower
from chaos.power.protocol import PowerControl, PowerState
from chaos.power.ssh import SshPower

__all__ = ["PowerControl", "PowerState", "bmc_power", "power_control"]


def _redfish(bmc: BmcAccess) -> PowerControl:
    # Its client is big, and nobody else pays for it.
    from chaos.power.redfish import RedfishPower

    return RedfishPower(bmc)


_BMC_DRIVERS: dict[str, Callable[[BmcAccess], PowerControl]] = {
    "ipmi": IpmiPower,
    "redfish": _redfish,
}


def bmc_power(host: Host) -> PowerControl | None:
    """Return the driver for the host's BMC, or None if it has no BMC."""
    if host.bmc is None:
        return None
    if isinstance(host.bmc, CommandAccess):
        return CommandPower(host.bmc)
    return _BMC_DRIVERS[host.bmc.driver](host.bmc)


def power_control(host: Host, via: str) -> PowerControl:
    """Return the driver of that name for a host.

    :param via: ``ssh``, or the name of the driver of its BMC
    :raises chaos.errors.PowerUnsupported: if the host cannot be reached that way
    """
    if via == SshPower.name:
        return SshPower(host)
    control = bmc_power(host)
    if control is not None and control.name == via:
        return control
    known = [SshPower.name] + ([control.name] if control else [])
    raise errors.PowerUnsupported(
        f"{host.name} has no power driver {via!r}",
        expected="one of " + ", ".join(known),
        remedy="give it a bmc of that driver in the hosts file, or choose another way",
    )
