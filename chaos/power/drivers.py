# SPDX-License-Identifier: Apache-2.0
"""Which driver switches a host, and why a host cannot be switched off in a way that is asked for.

The way is ``bmc``, and the hosts file decides what the host's BMC speaks; or it is ``ssh``, by the
host's own kernel. The name of a driver is taken too, if it is the one of the host's BMC. Asks
nobody.
"""

from collections.abc import Callable

from chaos import errors
from chaos.inventory import BmcAccess, CommandAccess, Host
from chaos.power.command import CommandPower
from chaos.power.ipmi import IpmiPower
from chaos.power.protocol import PowerControl
from chaos.power.ssh import SshPower

BMC, SSH = "bmc", SshPower.name


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


def driver_name(host: Host, via: str) -> str:
    """Return the name of the driver that a way comes down to; "" for the BMC of a host without."""
    if via == BMC:
        return host.bmc.driver if host.bmc else ""
    return via


def power_control(host: Host, via: str) -> PowerControl:
    """Return the driver that switches a host off in the way asked for.

    :param via: ``bmc``, ``ssh``, or the name of the driver of its BMC
    :raises chaos.errors.PowerUnsupported: if it has no such driver
    """
    if via == SSH:
        return SshPower(host)
    control = bmc_power(host)
    if control is None or via not in {BMC, control.name}:
        raise errors.PowerUnsupported(_no_such_way(host, via))
    return control


def why_not(host: Host, via: str = BMC) -> str:
    """Return why a host cannot be switched off in this way, and on again; "" if it can.

    As far as can be known from the hosts file and this machine: nobody is asked. Whatever switches
    the host off, only its BMC switches it on again.

    :param via: as :func:`power_control` takes it
    :return: one sentence with the host, the reason and what to do, or ""
    """
    way_back = bmc_power(host)
    if way_back is None:
        return (
            f"{host.name} has no bmc in the hosts file, so it could not be switched on again: add "
            "its bmc."
        )
    if via not in {BMC, SSH, way_back.name}:
        return _no_such_way(host, via)
    reason = way_back.why_not()
    if reason:
        return f"{host.name} cannot be switched by its bmc ({way_back.name}): {reason}."
    reason = SshPower(host).why_not() if via == SSH else ""
    return f"{host.name} cannot be switched off over SSH: {reason}." if reason else ""


def why_no_crash(host: Host) -> str:
    """Return why a host cannot be crashed over SSH and be back afterwards; "" if it can.

    As :func:`why_not` it asks nobody.

    :return: one sentence with the host, the reason and what to do, or ""
    """
    way_back = bmc_power(host)
    if not host.restarts_by_itself:
        if way_back is None:
            return (
                f"{host.name} has no bmc in the hosts file, which does not say either that it "
                "restarts by itself after a crash: add its bmc, or restarts_by_itself: true if it "
                "does."
            )
        reason = way_back.why_not()
        if reason:
            return f"{host.name} cannot be switched by its bmc ({way_back.name}): {reason}."
    reason = SshPower(host).why_not()
    return f"{host.name} cannot be crashed over SSH: {reason}." if reason else ""


def _no_such_way(host: Host, via: str) -> str:
    if host.bmc is None:
        return f"{host.name} has no bmc in the hosts file: add its bmc, or choose {SSH}."
    own = host.bmc.driver
    return (
        f"The bmc of {host.name} is driven by {own}, not by {via}: choose {BMC}, {own} or {SSH}."
    )
