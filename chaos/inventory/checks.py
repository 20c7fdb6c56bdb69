# SPDX-License-Identifier: Apache-2.0
"""What can be wrong with a hosts file, each problem with its line; all of them, not the first.

Looks at the file and at the files it names. Knows nothing of the data that is made of it.
"""

import json
from collections.abc import Iterator, Mapping
from importlib import resources
from pathlib import Path
from typing import Any

from chaos.inventory import yaml_lines
from chaos.inventory.secret import variable

_PORTS = {"ipmi": 623, "redfish": 443}


def schema() -> dict[str, Any]:
    """Return the JSON Schema of the hosts file."""
    text = resources.files("chaos.inventory").joinpath("hosts.json").read_text(encoding="utf-8")
    loaded: dict[str, Any] = json.loads(text)
    return loaded


def problems(document: yaml_lines.Document, base: Path) -> list[yaml_lines.Problem]:
    """Return everything that is wrong with a hosts file.

    :param base: the folder that paths in it are relative to
    """
    found = list(document.problems)
    if not found:
        found += _schema_problems(document)
        found += _name_problems(document)
        found += _file_problems(document, base)
    return sorted(found, key=lambda one: one.line)


def _schema_problems(document: yaml_lines.Document) -> Iterator[yaml_lines.Problem]:
    # It takes a third of a second to load, and who only holds hosts need not wait for it.
    import jsonschema

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


def _entries(document: yaml_lines.Document) -> Iterator[tuple[int, Mapping[str, Any]]]:
    data = document.data
    hosts = data.get("hosts") if isinstance(data, Mapping) else None
    for number, entry in enumerate(hosts if isinstance(hosts, list) else ()):
        if isinstance(entry, Mapping):
            yield number, entry


def _name_problems(document: yaml_lines.Document) -> Iterator[yaml_lines.Problem]:
    """Two hosts of one name, or two with one BMC: the wrong machine would be switched off."""
    first: dict[tuple[str, ...], int] = {}
    for number, entry in _entries(document):
        names: list[tuple[yaml_lines.Where, tuple[str, ...], str]] = []
        if isinstance(entry.get("name"), str):
            names.append((("name",), ("name", entry["name"]), f"name {entry['name']!r}"))
        for section in ("bmc", "ssh"):
            access = entry.get(section)
            if isinstance(access, Mapping) and isinstance(access.get("address"), str):
                port = _PORTS.get(str(access.get("driver")), 22)
                address, on_port = str(access["address"]), str(access.get("port", port))
                words = f"{section} address {address} port {on_port}"
                names.append(((section, "address"), (section, address, on_port), words))
        for where, key, words in names:
            path: yaml_lines.Where = ("hosts", number, *where)
            if key in first:
                yield document.problem(path, f"{words} was given before, on line {first[key]}")
            first.setdefault(key, document.line(path))


def _file_problems(document: yaml_lines.Document, base: Path) -> Iterator[yaml_lines.Problem]:
    for number, entry in _entries(document):
        ssh, bmc = entry.get("ssh"), entry.get("bmc")
        if isinstance(ssh, Mapping):
            for key, private in (("key_file", True), ("known_hosts_file", False)):
                if isinstance(ssh.get(key), str):
                    reason = _unreadable(base / ssh[key], private)
                    if reason:
                        yield document.problem(("hosts", number, "ssh", key), reason)
        if isinstance(bmc, Mapping) and isinstance(bmc.get("ca_file"), str):
            reason = _unreadable(base / bmc["ca_file"], private=False)
            if reason:
                yield document.problem(("hosts", number, "bmc", "ca_file"), reason)
        password = bmc.get("password") if isinstance(bmc, Mapping) else None
        if not isinstance(password, Mapping):
            continue
        where = ("hosts", number, "bmc", "password")
        if isinstance(password.get("file"), str):
            reason = _unreadable(base / password["file"], private=True)
            if reason:
                yield document.problem((*where, "file"), reason)
        name = password.get("env")
        if isinstance(name, str) and not variable(name):
            yield document.problem((*where, "env"), f"environment variable {name} is not set")


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
