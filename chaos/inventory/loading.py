# SPDX-License-Identifier: Apache-2.0
"""Reads a hosts file (schema: ``hosts.json``) into data, or says all that is wrong with it.

Every problem of a file is reported at once, with its line. Reads no password. May not connect to
anything.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from chaos import errors
from chaos.inventory import checks, yaml_lines
from chaos.inventory.data import (
    BmcAccess,
    CommandAccess,
    Host,
    Inventory,
    Service,
    Services,
    SshAccess,
)
from chaos.inventory.secret import Secret


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
    document = yaml_lines.parse(text)
    found = checks.problems(document, path.parent)
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
        restarts_by_itself=entry.get("restarts_by_itself", False),
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
