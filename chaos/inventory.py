# SPDX-License-Identifier: Apache-2.0
"""The hosts file: which machines there are, how to reach them, which may be harmed.

Reads ``hosts.yaml`` (schema: ``schemas/hosts.json``) into frozen data and reports every problem of
a file at once, with its line. Reads no password: a host carries only the place of it. May not
connect to anything.
"""

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import Any

import jsonschema

from chaos import errors, yamllines
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

    :ivar driver: power driver that speaks to it, ``ipmi``
    :ivar password: the place of the password
    :ivar cipher_suite: IPMI 2.0 cipher suite; None takes the best both sides know
    :ivar privilege: session privilege, ``OPERATOR`` or ``ADMINISTRATOR`` to switch power
    :ivar power_wait: seconds to wait after a command before its effect is looked for
    :ivar power_timeout: seconds within which the status must read as wanted
    """

    driver: str
    address: str
    user: str
    password: Secret
    port: int = 623
    cipher_suite: int | None = None
    privilege: str = "ADMINISTRATOR"
    power_wait: float = 0.0
    power_timeout: float = 20.0


@dataclass(frozen=True)
class Services:
    """What the services of a host are called there.

    :ivar driver: what runs them, ``systemd``
    """

    driver: str = "systemd"
    compute: str = "nova-compute.service"
    libvirt: str = "libvirtd.service"


@dataclass(frozen=True)
class Host:
    """One machine.

    :ivar name: as Nova knows it
    :ivar disturb: True if it may be harmed
    """

    name: str
    ssh: SshAccess
    bmc: BmcAccess | None = None
    services: Services = field(default_factory=Services)
    disturb: bool = False


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


def schema() -> dict[str, Any]:
    """Return the JSON Schema of the hosts file."""
    text = resources.files("chaos.schemas").joinpath("hosts.json").read_text(encoding="utf-8")
    loaded: dict[str, Any] = json.loads(text)
    return loaded


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
    problems = list(document.problems)
    if not problems:
        problems += _schema_problems(document)
        problems += _name_problems(document)
        problems += _file_problems(document, path.parent)
    if problems:
        problems.sort(key=lambda found: found.line)
        raise errors.InventoryError(str(path), [str(found) for found in problems])
    hosts = tuple(_host(entry, path.parent) for entry in document.data["hosts"])
    return Inventory(path=path, hosts=hosts)


def _schema_problems(document: yamllines.Document) -> Iterator[yamllines.Problem]:
    validator = jsonschema.Draft202012Validator(schema())
    for error in validator.iter_errors(document.data):
        where = tuple(error.absolute_path)
        known = error.schema.get("properties", {})
        if error.validator == "additionalProperties":
            for key in sorted(set(error.instance) - set(known)):
                yield document.problem(
                    (*where, key), f"unknown key; known here: {', '.join(sorted(known))}"
                )
        elif where and where[-1] == "password" and not isinstance(error.instance, Mapping):
            # The schema's own message would quote the password.
            yield document.problem(
                where,
                "a password may not stand in this file; write {file: PATH}, {env: NAME} "
                "or {command: [ARGV]}",
            )
        elif "password" in where[:-1]:
            yield document.problem(where, "not a password source: use one of file, env, command")
        elif error.validator == "pattern":
            yield document.problem(where, f"{error.instance!r} has characters not allowed here")
        else:
            yield document.problem(where, error.message)


def _entries(document: yamllines.Document) -> Iterator[tuple[int, Mapping[str, Any]]]:
    data = document.data
    hosts = data.get("hosts") if isinstance(data, Mapping) else None
    for number, entry in enumerate(hosts if isinstance(hosts, list) else ()):
        if isinstance(entry, Mapping):
            yield number, entry


def _name_problems(document: yamllines.Document) -> Iterator[yamllines.Problem]:
    """Two hosts of one name, or two with one BMC: the wrong machine would be switched off."""
    first: dict[tuple[str, ...], int] = {}
    for number, entry in _entries(document):
        names: list[tuple[yamllines.Where, tuple[str, ...], str]] = []
        if isinstance(entry.get("name"), str):
            names.append((("name",), ("name", entry["name"]), f"name {entry['name']!r}"))
        for section, port in (("bmc", 623), ("ssh", 22)):
            access = entry.get(section)
            if isinstance(access, Mapping) and isinstance(access.get("address"), str):
                address, on_port = str(access["address"]), str(access.get("port", port))
                words = f"{section} address {address} port {on_port}"
                names.append(((section, "address"), (section, address, on_port), words))
        for where, key, words in names:
            path: yamllines.Where = ("hosts", number, *where)
            if key in first:
                yield document.problem(path, f"{words} was given before, on line {first[key]}")
            first.setdefault(key, document.line(path))


def _file_problems(document: yamllines.Document, base: Path) -> Iterator[yamllines.Problem]:
    for number, entry in _entries(document):
        ssh, bmc = entry.get("ssh"), entry.get("bmc")
        if isinstance(ssh, Mapping):
            for key, private in (("key_file", True), ("known_hosts_file", False)):
                if isinstance(ssh.get(key), str):
                    reason = _unreadable(base / ssh[key], private)
                    if reason:
                        yield document.problem(("hosts", number, "ssh", key), reason)
        password = bmc.get("password") if isinstance(bmc, Mapping) else None
        if not isinstance(password, Mapping):
            continue
        where = ("hosts", number, "bmc", "password")
        if isinstance(password.get("file"), str):
            reason = _unreadable(base / password["file"], private=True)
            if reason:
                yield document.problem((*where, "file"), reason)
        variable = password.get("env")
        if isinstance(variable, str) and not os.environ.get(variable):
            yield document.problem((*where, "env"), f"environment variable {variable} is not set")


def _unreadable(path: Path, private: bool) -> str | None:
    """Return why a file cannot be used, or None."""
    try:
        mode = path.stat().st_mode
        with path.open("rb"):
            pass
    except OSError as exc:
        return f"{path}: {exc.strerror}"
    if private and mode & 0o077:
        return f"{path} can be read by others than its owner; chmod 600 it"
    return None


def _host(entry: Mapping[str, Any], base: Path) -> Host:
    return Host(
        name=entry["name"],
        ssh=_ssh(entry["ssh"], base),
        bmc=_bmc(entry["bmc"], base) if "bmc" in entry else None,
        services=Services(**entry.get("services", {})),
        disturb=entry["disturb"],
    )


def _ssh(entry: Mapping[str, Any], base: Path) -> SshAccess:
    values = dict(entry)
    for key in ("key_file", "known_hosts_file"):
        if key in values:
            values[key] = (base / values[key]).absolute()
    return SshAccess(**values)


def _bmc(entry: Mapping[str, Any], base: Path) -> BmcAccess:
    values = dict(entry)
    source = dict(values["password"])
    if "file" in source:
        source["file"] = (base / source["file"]).absolute()
    if "command" in source:
        source["command"] = tuple(source["command"])
    values["password"] = Secret(**source)
    return BmcAccess(**values)
