# SPDX-License-Identifier: Apache-2.0
"""How a running BMC is set to behave, and says that it does: two small files beside its own.

``NAME.behaviour`` is written by whoever sets it, ``NAME.applied`` only by the BMC: the identifier
of the setting in force, and how many commands it still ignores. Both outlive the BMC's process.
Knows files; nothing of protocols or of hosts.
"""

import dataclasses
import json
import time
import uuid
from pathlib import Path
from typing import Any

from lab.bmc.behaviours import Behaviour, BehaviourError, InForce

TICK = 0.2
"""Seconds between two looks of a BMC at its setting."""

_WANTED, _APPLIED = ".behaviour", ".applied"


class SettingError(Exception):
    """A BMC does not take up how it is to behave; the message says what was waited for."""


def apply(config: Path, behaviour: Behaviour, seconds: float = 30.0) -> None:
    """Set how the BMC that runs by `config` behaves, and return once it does.

    :param config: its configuration file.
    :param seconds: to wait for it.
    :raises SettingError: it has not taken the setting up in time; the setting stands.
    """
    setting = uuid.uuid4().hex
    _write(config.with_suffix(_WANTED), {"setting": setting, **dataclasses.asdict(behaviour)})
    end = time.monotonic() + seconds
    while _read(config.with_suffix(_APPLIED)).get("setting") != setting:
        if time.monotonic() > end:
            raise SettingError(
                f"The BMC {config.stem} has not taken its setting up within {seconds:.0f} s: "
                "does its process run? It behaves so once it runs again."
            )
        time.sleep(TICK / 4)


def current(config: Path) -> Behaviour:
    """Return how the BMC that runs by `config` is set to behave now."""
    data = _read(config.with_suffix(_WANTED))
    setting = data.pop("setting", "")
    applied = _read(config.with_suffix(_APPLIED))
    if applied.get("setting") == setting:
        data["ignores"] = applied["ignores"]
    return Behaviour.read(data)


class Settings:
    """The BMC's side: follows the file, and remembers how far it has got with a setting.

    :param config: the BMC's configuration file.
    """

    def __init__(self, config: Path):
        self._wanted = config.with_suffix(_WANTED)
        self._applied = config.with_suffix(_APPLIED)
        self._seen: tuple[int, int] | None = None
        self._setting = ""
        self.in_force = InForce()
        data = _read(self._applied)
        if self.changed() and data.get("setting") == self._setting:
            wanted = self.in_force.behaviour
            self.in_force = InForce(dataclasses.replace(wanted, ignores=data["ignores"]))

    def changed(self) -> bool:
        """Look at the file; whether there is a new setting, which is in force from now on.

        :raises BehaviourError: it cannot be followed; what was in force stays.
        """
        try:
            stat = self._wanted.stat()
        except FileNotFoundError:
            return False
        if self._seen == (stat.st_ino, stat.st_mtime_ns):
            return False
        self._seen = (stat.st_ino, stat.st_mtime_ns)
        data = _read(self._wanted)
        setting = str(data.pop("setting", ""))
        self.in_force = InForce(Behaviour.read(data))
        self._setting = setting
        return True

    def write_applied(self) -> None:
        """Write down which setting is in force and how far it has got."""
        ignores = self.in_force.behaviour.ignores
        _write(self._applied, {"setting": self._setting, "ignores": ignores})


def _read(path: Path) -> dict[str, Any]:
    try:
        data = json.loads(path.read_text())
    except FileNotFoundError:
        return {}
    except ValueError as error:
        raise BehaviourError(f"{path} is no JSON: {error}") from error
    if not isinstance(data, dict):
        raise BehaviourError(f"{path} is no JSON object.")
    return data


def _write(path: Path, data: dict[str, Any]) -> None:
    fresh = path.with_name(f".{path.name}.new")
    fresh.write_text(json.dumps(data))
    fresh.rename(path)
