# SPDX-License-Identifier: Apache-2.0
"""The hosts file: which machines there are, how to reach them, which may be harmed.

Reads ``hosts.yaml`` (schema: ``schemas/hosts.json``) into frozen data and reports every problem of
a file at once, with its line. Reads no password: a host carries only the place of it. May not
connect to anything.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from chaos import errors, inventory_checks, yamllines
from chaos.secret import Secret

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

    :ivar name: its unit, its container, or how its process is told from others
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
    :ivar disturb: True if it may be harmed
    """

    name: str
    ssh: SshAccess
    bmc: BmcAccess | CommandAccess | None = None
    services: Services = field(default_factory=Services)
    networks: Mapping[str, str] = field(default_factory=dict)
    disturb: bool = False

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


def load_inventory(path: str | Path) -> Inventory:
    """Read a hosts file.

    :param path: the file; the paths in it are relative to its folder
    :raises chaos.errors.InventoryError: with every problem of the file, each with its line
    """
    path = Path(path)
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as exc:
        raise errors.InventoryError(str(path), [f"it cannot be read: {exc}"]) from exc
    document = yamllines.parse(text)
    found = inventory_checks.problems(document, path.parent)
    if found:
        raise errors.InventoryError(str(path), [str(one) for one in found])
    hosts = tuple(_host(entry, path.parent) for entry in document.data["hosts"])
    return Inventory(path=path, hosts=hosts)


def _host(entry: Mapping[str, Any], base: Path) -> Host:
    return Host(
        name=entry["name"],
        ssh=_ssh(entry["ssh"], base),
        bmc=_bmc(entry["bmc"], base) if "bmc" in entry else None,
        services=_services(entry.get("services", {})),
        networks=dict(entry.get("networks", {})),
        disturb=entry["disturb"],
    )


def _ssh(entry: Mapping[str, Any], base: Path) -> SshAccess:
    values = dict(entry)
    for key in ("key_file", "known_hosts_file"):
        if key in values:
            values[key] = (base / values[key]).absolute()
    return SshAccess(**values)


def _bmc(entry: Mapping[str, Any], base: Path) -> BmcAccess | CommandAccess:
    values: dict[str, Any] = {
        key: tuple(one) if isinstance(one, list) else one for key, one in entry.items()
    }
    if values["driver"] == "command":
        return CommandAccess(**values)
    source = dict(values["password"])
    if "file" in source:
        source["file"] = (base / source["file"]).absolute()
    if "command" in source:
        source["command"] = tuple(source["command"])
    values["password"] = Secret(**source)
    if "ca_file" in values:
        values["ca_file"] = (base / values["ca_file"]).absolute()
    return BmcAccess(**values)


def _services(entry: Mapping[str, Any]) -> Services:
    driver = entry.get("driver", "systemd")
    return Services(
        **{
            name: _service(given, driver)
            for name, given in entry.items()
            if name != "driver"
        }
    )


def _service(given: str | Mapping[str, Any], driver: str) -> Service:
    if isinstance(given, str):
        return Service(given, driver)
    values = {"driver": driver, **given}
    return Service(**{**values, "start": tuple(values.get("start", ()))})
