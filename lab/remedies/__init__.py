# SPDX-License-Identifier: Apache-2.0
"""Remedies for upstream bugs that would make a healthy lab look broken; one file each.

A remedy is the mirror of a defect (`lab.defects`): its docstring names the bug and what it does,
``SERVICES`` the units it is loaded into, and ``apply()`` changes the process - never the
installed packages. One that is no change of a service is a unit of its own: ``UNIT`` is its name,
``SCRIPT`` what it runs, ``ROLE`` the hosts it runs on. One that counts how often it acts writes a
line to a file of its name in ``/var/lib/lab/acted`` each time.
"""

from collections.abc import Iterable
from functools import cache
from pathlib import Path

from lab.loading.patch import REMEDY, Patch, PatchError, read

_HERE = Path(__file__).parent


@cache
def known() -> tuple[Patch, ...]:
    """Return all remedies there are, by name."""
    return tuple(read(path, REMEDY) for path in sorted(_HERE.glob("[!_]*.py")))


def names() -> tuple[str, ...]:
    """Return the names of all remedies."""
    return tuple(remedy.name for remedy in known())


def named(wanted: Iterable[str]) -> tuple[str, ...]:
    """Return these names, sorted, each once.

    :raises PatchError: there is no such remedy; says which there are.
    """
    chosen = tuple(sorted(set(wanted)))
    for name in chosen:
        if name not in names():
            raise PatchError(f"There is no remedy {name!r}; there are: {', '.join(names())}.")
    return chosen


def without(left_out: Iterable[str]) -> tuple[Patch, ...]:
    """Return all remedies but these."""
    return tuple(remedy for remedy in known() if remedy.name not in set(left_out))
