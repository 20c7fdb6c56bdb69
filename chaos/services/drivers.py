# SPDX-License-Identifier: Apache-2.0
"""Which driver runs a service of a host.

A new driver is a new file, a name in the schema of the hosts file and a line here. Asks nobody.
"""

from collections.abc import Callable
from dataclasses import replace

from chaos import errors
from chaos.inventory import Host, Service
from chaos.services.container import ContainerService
from chaos.services.process import NO_HOLD, ProcessService
from chaos.services.protocol import ServiceControl
from chaos.services.systemd import SystemdService
from chaos.transport import HostShell

NAMES = ("compute", "libvirt")

_DRIVERS: dict[str, Callable[[HostShell, Service], ServiceControl]] = {
    "systemd": SystemdService,
    "docker": ContainerService,
    "podman": ContainerService,
    "process": ProcessService,
}


def service_control(
    host: Host, name: str, shell: HostShell, unit: str = ""
) -> ServiceControl:
    """Return the driver of a host's service.

    :param name: one of :data:`NAMES`
    :param unit: the unit that was found to keep it, if that is known from before
    :raises chaos.errors.ServiceError: if no such service is known
    """
    if name not in NAMES:
        raise errors.ServiceError(
            f"there is no service {name!r}", expected="one of " + ", ".join(NAMES)
        )
    service: Service = getattr(host.services, name)
    if unit:
        service = replace(service, unit=unit)
    return _DRIVERS[service.driver](shell, service)


def why_no_hold(host: Host, name: str) -> str:
    """Return why a host's service cannot be held back across a boot; "" if it can.

    As far as can be known from the hosts file: nobody is asked.

    :param name: one of :data:`NAMES`
    :return: one sentence, or ""
    """
    service: Service = getattr(host.services, name)
    if service.driver != ProcessService.driver:
        return ""
    return (
        f"The {name} service of {host.name} cannot be held back: {NO_HOLD}; have it run by "
        "systemd or as a container."
    )
