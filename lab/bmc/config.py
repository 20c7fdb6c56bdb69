# SPDX-License-Identifier: Apache-2.0
"""How one BMC is configured: its address, who may log in, and the commands behind its switch.

A JSON file::

    {"name": "compute1", "uuid": "...", "address": "172.30.4.11", "port": 623,
     "credentials_file": "compute1.credentials",
     "power_on": ["..."], "power_off": ["..."], "status": ["..."],
     "shutdown": ["..."], "restart": ["..."],
     "redfish": {"port": 443, "certificate_file": "compute1.crt", "key_file": "compute1.key"}}

Files are relative to the one that names them; the credentials and the key must be readable by
their owner only. ``credentials_file`` holds ``{"user": "...", "password": "..."}``. ``status``
prints, as its last word, ``on`` or ``running``, ``off`` or ``stopped``. ``shutdown`` and
``restart`` ask the system to do it in order, and may be missing. Without ``redfish`` the BMC
speaks IPMI only. Port 0 takes any free port and prints it. Reads files; knows no network.
"""

import json
import uuid
from dataclasses import dataclass, field
from pathlib import Path

# IPMI 2.0, table 22-30 and 22-28: the fields on the wire are no longer.
PASSWORD_BYTES = 20
USER_BYTES = 16

_REQUIRED = {"address", "credentials_file", "power_on", "power_off", "status"}
_OPTIONAL = {"name", "port", "shutdown", "restart", "uuid", "redfish"}
_REDFISH = {"port", "certificate_file", "key_file"}


class BmcConfigError(Exception):
    """The configuration of a BMC cannot be used; the message says where and why."""


@dataclass(frozen=True)
class RedfishConfig:
    """Where a BMC answers Redfish, and the files by which it proves who it is."""

    port: int
    certificate: Path
    key: Path


@dataclass(frozen=True)
class BmcConfig:
    """Everything one BMC process needs to know.

    :ivar password: kept out of the representation
    :ivar shutdown: argument list of an orderly shutdown; empty if the BMC offers none
    :ivar restart: argument list of an orderly restart, likewise
    :ivar path: of the configuration file
    :ivar redfish: None if it speaks IPMI only
    """

    path: Path
    name: str

    address: str
    user: str
    password: str = field(repr=False)
    power_on: tuple[str, ...]
    power_off: tuple[str, ...]
    status: tuple[str, ...]
    shutdown: tuple[str, ...] = ()
    restart: tuple[str, ...] = ()
    port: int = 623
    guid: uuid.UUID = field(default_factory=uuid.uuid4)
    redfish: RedfishConfig | None = None


def load(path: Path) -> BmcConfig:
    """Read a configuration file.

    :raises BmcConfigError: if it, or the credentials file, cannot be used
    """
    data = _object(path)
    wrong = sorted((_REQUIRED - set(data)) | (set(data) - _REQUIRED - _OPTIONAL))
    if wrong:
        raise BmcConfigError(f"{path}: missing or unknown: {', '.join(wrong)}")
    argvs = {}
    for name in ("power_on", "power_off", "status", "shutdown", "restart"):
        argv = data.get(name, [])
        if not isinstance(argv, list) or not all(isinstance(word, str) for word in argv):
            raise BmcConfigError(f"{path}: {name} must be a list of words")
        if not argv and name in _REQUIRED:
            raise BmcConfigError(f"{path}: {name} is empty")
        argvs[name] = tuple(argv)
    secret = path.parent / str(data["credentials_file"])
    user, password = _credentials(secret)
    try:
        guid = uuid.UUID(str(data["uuid"])) if "uuid" in data else uuid.uuid4()
    except ValueError:
        raise BmcConfigError(f"{path}: uuid is none") from None
    return BmcConfig(
        path=path,
        name=str(data.get("name", path.stem)),
        address=str(data["address"]),
        port=_port(path, data.get("port", 623)),
        user=user,
        password=password,
        guid=guid,
        redfish=_redfish(path, data["redfish"]) if "redfish" in data else None,
        **argvs,
    )


def _port(path: Path, port: object) -> int:
    if not isinstance(port, int) or not 0 <= port < 65536:
        raise BmcConfigError(f"{path}: port must be a number from 0 to 65535")
    return port


def _redfish(path: Path, data: object) -> RedfishConfig:
    if not isinstance(data, dict) or set(data) != _REDFISH:
        raise BmcConfigError(f"{path}: redfish must have: {', '.join(sorted(_REDFISH))}")
    certificate, key = (path.parent / str(data[f"{name}_file"]) for name in ("certificate", "key"))
    for file in (certificate, key):
        if not file.is_file():
            raise BmcConfigError(f"{path}: there is no file {file}")
    _owner_only(key)
    return RedfishConfig(_port(path, data["port"]), certificate, key)


def _owner_only(path: Path) -> None:
    if path.stat().st_mode & 0o077:
        raise BmcConfigError(f"{path} can be read by others than its owner; chmod 600 it")


def _credentials(path: Path) -> tuple[str, str]:
    data = _object(path)
    _owner_only(path)
    user, password = data.get("user"), data.get("password")
    if not isinstance(user, str) or not 0 < len(user.encode()) <= USER_BYTES:
        raise BmcConfigError(f"{path}: user must be a text of 1 to {USER_BYTES} bytes")
    if not isinstance(password, str) or not 0 < len(password.encode()) <= PASSWORD_BYTES:
        raise BmcConfigError(f"{path}: password must be a text of 1 to {PASSWORD_BYTES} bytes")
    return user, password


def _object(path: Path) -> dict[str, object]:
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as exc:
        raise BmcConfigError(f"{path} cannot be read: {exc}") from exc
    except json.JSONDecodeError as exc:
        # Not chained: the original carries the text, which may be the credentials.
        raise BmcConfigError(f"{path} is no JSON (line {exc.lineno})") from None
    if not isinstance(data, dict):
        raise BmcConfigError(f"{path} is no JSON object")
    return data
