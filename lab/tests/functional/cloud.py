# SPDX-License-Identifier: Apache-2.0
"""Whether a lab is a cloud that can be used: a server boots in it and speaks on its console."""

import sys
from collections.abc import Sequence

from lab.tests.functional.commands import Command, WrongError


def ask(name: str, *words: str, before: Sequence[str] = (), **environment: str) -> list[str]:
    """Have `lab.tests.functional.servers` do something in the lab; return what it printed.

    :param name: of the lab.
    :raises WrongError: it failed.
    """
    program = (sys.executable, "-m", "lab.tests.functional.servers")
    command = Command("exec", "--name", name, "--", *program, *words, before=before, **environment)
    if command.wait():
        raise WrongError(f"{' '.join(words)}: {command.said[-1000:]}")
    return command.lines
