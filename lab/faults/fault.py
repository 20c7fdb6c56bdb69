# SPDX-License-Identifier: Apache-2.0
"""What a fault of the lab's hardware is, as data, and what goes wrong in making one."""

import dataclasses
import subprocess
from collections.abc import Sequence

from lab.core.containers import PYTHON
from lab.core.engine import Engine


class FaultError(Exception):
    """A fault cannot be made or undone; the message says why and what to do."""


@dataclasses.dataclass(frozen=True)
class Fault:
    """Something that is wrong now.

    :param kind: as in ``lab fault KIND``.
    :param host: whose cable or disk it is.
    :param what: the rest of it, in words.
    :param network: of a cable.
    :param other: the other host (or ``runner``), if only what is between the two is cut.
    """

    kind: str
    host: str
    what: str
    network: str = ""
    other: str = ""


def run_inside(
    engine: Engine, module: str, *words: str, input: bytes = b"", timeout: float = 60
) -> bytes:
    """Run a module of this package in the lab's namespaces and return what it printed.

    :param timeout: seconds.
    :raises FaultError: it failed; with the last line it said.
    """
    return run(engine, [*PYTHON.split(), f"lab.faults.{module}", *words], input, timeout)


def run(engine: Engine, argv: Sequence[str], input: bytes = b"", timeout: float = 60) -> bytes:
    """Run a command in the lab's namespaces; parameters and errors as for `run_inside`."""
    try:
        done = engine.outer.run(argv, input, timeout)
    except subprocess.TimeoutExpired as error:
        raise FaultError(f"{argv[0]} did not end within {timeout:.0f} s.") from error
    if done.returncode:
        said = (done.stderr or done.stdout).decode(errors="replace").strip().splitlines()
        raise FaultError(said[-1] if said else f"{argv[0]} ended with {done.returncode}.")
    return done.stdout
