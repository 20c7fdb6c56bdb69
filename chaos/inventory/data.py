# SPDX-License-Identifier: Apache-2.0
"""What the hosts file says, as frozen data: which machines there are and how to reach them.

Holds no password: a host carries only the place of it. Knows no file and connects to nothing.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from chaos import errors
from chaos.inventory.secret import Secret

# What IPMI 2.0 allows (table 22-30): longer ones are cut off in silence by clients and firmware.
IPMI_PASSWORD_BYTES = 20


@dataclass(frozen=True)
class SshAccess:
    """How to log in to a host.

    :ivar key_file: private key; None asks the SSH agent
    :ivar known_hosts_file: OpenSSH known hosts file; other keys are refused
    :ivar sudo: the login is not root, commands run through ``sudo -n``
    """

    address: str
    user: str
    known_hosts_file: Path
    port: int = 22
    key_file: Path | None = None
    sudo: bool = False


@dataclass(frozen=True)
class BmcAccess:
    """How to reach a host's baseboard management controller.

    :ivar driver: power driver that speaks to it, ``ipmi`` or ``redfish``
    :ivar password: the place of the password
    :ivar port: 0 takes the driver's usual one
    :ivar power_wait: seconds to wait after a command before its effect is looked for
    :ivar power_timeout: seconds within which the status must read as wanted
    :ivar cipher_suite: IPMI 2.0 cipher suite; None takes the best both sides know
    :ivar privilege: IPMI session privilege, ``OPERATOR`` or ``ADMINISTRATOR`` to switch power
    :ivar system: path of the system in Redfish; None: the only one there is
    :ivar verify: whether Redfish's certificate is checked
    :ivar ca_file: authorities that may have signed it; None: those of this machine
    """

    driver: str
    address: str
    user: str
    password: Secret
    port: int = 0
    power_wait: float = 0.0
    power_timeout: float = 20.0
    cipher_suite: int | None = None
    privilege: str = "ADMINISTRATOR"
    system: str | None = None
    verify: bool = True
    ca_file: Path | None = None

    def __post_init__(self) -> None:
        """Fill in the driver's port."""
        if not self.port:
            object.__setattr__(self, "port", {"redfish": 443}.get(self.driver, 623))


@dataclass(frozen=True)
class CommandAccess:
    """Commands of the runner's machine that switch a host, each an argument list.

    :ivar power_status: prints ``on`` or ``off`` (or running, stopped, shut off) as its last word
    """

    power_on: tuple[str, ...]
    power_off: tuple[str, ...]
    power_status: tuple[str, ...]
    driver: str = "command"
    power_wait: float = 0.0
    power_timeout: float = 60.0


@dataclass(frozen=True)
class Service:
    """One service of a host.

    :ivar name: its unit, its container, or how its process is found
    :ivar driver: what runs it: ``systemd``, ``docker``, ``podman`` or ``process``
    :ivar start: the command that starts a plain process again
    :ivar unit: the unit of systemd that keeps a container; "" looks for one
    """

    name: str
    driver: str = "systemd"
    start: tuple[str, ...] = ()
    unit: str = ""


@dataclass(frozen=True)
class Services:
    """The services of a host that matter here."""

    compute: Service = Service("nova-compute.service")
    libvirt: Service = Service("libvirtd.service")


@dataclass(frozen=True)
class Host:
    """One machine.

    :ivar name: as Nova knows it
    :ivar networks: its interfaces by what they are for: ``management``, ``storage``, ``tunnel``
    :ivar disturb: True if it may be disturbed
    :ivar restarts_by_itself: True if it boots again after a crash without anybody switching it on
    """

    name: str
    ssh: SshAccess
    bmc: BmcAccess | CommandAccess | None = None
    services: Services = field(default_factory=Services)
    networks: Mapping[str, str] = field(default_factory=dict)
    disturb: bool = False
    restarts_by_itself: bool = False

    @property
    def secrets(self) -> tuple[Secret, ...]:
        """The places of all passwords needed to reach it."""
        return (self.bmc.password,) if isinstance(self.bmc, BmcAccess) else ()


@dataclass(frozen=True)
class Inventory:
    """All hosts of one hosts file, in its order."""

    path: Path
    hosts: tuple[Host, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all hosts."""
        return tuple(host.name for host in self.hosts)

    def __iter__(self) -> Iterator[Host]:
        return iter(self.hosts)

    def host(self, name: str) -> Host:
        """Return the host of that name.

        :raises chaos.errors.UnknownHost: if the file does not name it
        """
        for host in self.hosts:
            if host.name == name:
                return host
        raise errors.UnknownHost(
            f"{self.path} names no host {name!r}",
            expected="one of " + (", ".join(self.names) or "(none)"),
            remedy="add the host to the file, under the name that Nova uses",
        )
