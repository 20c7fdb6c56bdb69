# SPDX-License-Identifier: Apache-2.0
"""How a running BMC is told to behave, and says that it does: two small files beside its own.

``NAME.manners`` is written by whoever gives the order, ``NAME.obeys`` only by the BMC: the number
of the order it follows, and how many commands it still ignores. Both outlive the BMC's process.
Knows files; nothing of protocols or of hosts.
"""

import dataclasses
import json
import time
import uuid
from pathlib import Path
from typing import Any

from lab.bmc.manners import Behaviour, Manners, MannersError

TICK = 0.2
"""Seconds between two looks of a BMC at its orders."""


class OrderError(Exception):
    """A BMC does not do as it is told; the message says what was waited for."""


def give(config: Path, manners: Manners, seconds: float = 30.0) -> None:
    """Tell the BMC that runs by `config` to behave so, and return when it does.

    :param config: its configuration file.
    :param seconds: to wait for it.
    :raises OrderError: it has not taken the order up in time; the order stands.
    """
    order = uuid.uuid4().hex
    _write(config.with_suffix(".manners"), {"order": order, **dataclasses.asdict(manners)})
    end = time.monotonic() + seconds
    while _read(config.with_suffix(".obeys")).get("order") != order:
        if time.monotonic() > end:
            raise OrderError(
                f"The BMC {config.stem} was told, but has not taken it up within {seconds:.0f} s: "
                "does its process run? It does as told once it runs again."
            )
        time.sleep(TICK / 4)


def given(config: Path) -> Manners:
    """Return how the BMC that runs by `config` behaves now, as far as it was told."""
    data = _read(config.with_suffix(".manners"))
    order = data.pop("order", "")
    obeys = _read(config.with_suffix(".obeys"))
    if obeys.get("order") == order:
        data["ignores"] = obeys["ignores"]
    return Manners.read(data)


class Orders:
    """The BMC's side: follows the file, and remembers how far it has got with an order.

    :param config: the BMC's configuration file.
    """

    def __init__(self, config: Path):
        self._manners = config.with_suffix(".manners")
        self._obeys = config.with_suffix(".obeys")
        self._seen: tuple[int, int] | None = None
        self._order = ""
        self.behaviour = Behaviour()
        data = _read(self._obeys)
        if self.changed() and data.get("order") == self._order:
            told = self.behaviour.manners
            self.behaviour = Behaviour(dataclasses.replace(told, ignores=data["ignores"]))

    def changed(self) -> bool:
        """Look at the file; whether there is a new order, which is followed from now on.

        :raises MannersError: it cannot be followed; what was in force stays.
        """
        try:
            stat = self._manners.stat()
        except FileNotFoundError:
            return False
        if self._seen == (stat.st_ino, stat.st_mtime_ns):
            return False
        self._seen = (stat.st_ino, stat.st_mtime_ns)
        data = _read(self._manners)
        order = str(data.pop("order", ""))
        self.behaviour = Behaviour(Manners.read(data))
        self._order = order
        return True

    def obeyed(self) -> None:
        """Write down which order is in force and how far it has got."""
        _write(
            self._obeys, {"order": self._order, "ignores": self.behaviour.manners.ignores}
        )


def _read(path: Path) -> dict[str, Any]:
    try:
        data = json.loads(path.read_text())
    except FileNotFoundError:
        return {}
    except ValueError as error:
        raise MannersError(f"{path} is no JSON: {error}") from error
    if not isinstance(data, dict):
        raise MannersError(f"{path} is no JSON object.")
    return data


def _write(path: Path, data: dict[str, Any]) -> None:
    fresh = path.with_name(f".{path.name}.new")
    fresh.write_text(json.dumps(data))
    fresh.rename(path)
