# SPDX-License-Identifier: Apache-2.0
"""What commands of the lab print for programs. Knows the commands; nothing of the lab itself."""

import json
import subprocess
from collections import Counter
from typing import Any

from counting import COMMAND


class LabCommandError(Exception):
    """A command of the lab failed; the message is what it said."""


def read(*words: str) -> Any:
    """Run a command of the lab that shows or lists, and return what it prints as JSON.

    :param words: after ``migration-chaos lab``.
    :raises LabCommandError: it failed.
    """
    command = [COMMAND, "lab", *words, "-f", "json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise LabCommandError(f"lab {' '.join(words)}: {done.stderr.strip()}")
    return json.loads(done.stdout)


def show(name: str) -> dict[str, Any]:
    """Return what ``lab show`` says of a lab."""
    found: dict[str, Any] = read("show", "--name", name)
    return found


def contents(name: str) -> Counter[tuple[str, str]]:
    """Return all that a lab holds, as kind and line (see ``lab contents``)."""
    return Counter((row["Kind"], row["What"]) for row in read("contents", "--name", name))


def difference(before: Counter[tuple[str, str]], after: Counter[tuple[str, str]]) -> list[str]:
    """Return what a lab has more, and what it has no more, a line each."""
    more = [f"  more: {kind}: {what}" for kind, what in (after - before).elements()]
    less = [f"  less: {kind}: {what}" for kind, what in (before - after).elements()]
    return [*more, *less]


def defects() -> dict[str, dict[str, Any]]:
    """Return the ready-made defects, each by its name, as ``lab defect list`` has them."""
    return {row["Defect"]: row for row in read("defect", "list")}
