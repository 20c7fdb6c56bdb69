# SPDX-License-Identifier: Apache-2.0
"""Whether a lab is a cloud that can be used: a server boots in it and speaks on its console."""

import time
from collections.abc import Sequence

from lab.register import IMAGE
from lab.tests.functional.commands import Command, WrongError

FLAVOR = "m.shared"
SPEAKS = "addresses:"
SECONDS = 240


def openstack(
    name: str, *words: str, before: Sequence[str] = (), **environment: str
) -> str:
    """Run an ``openstack`` command in the lab of that name; return what it printed.

    :raises WrongError: it failed.
    """
    command = Command(
        "exec", "--name", name, "--", "openstack", *words, before=before, **environment
    )
    if command.wait():
        raise WrongError(f"openstack {' '.join(words)}: {command.said[-1000:]}")
    return command.said


def boot_server(
    name: str, server: str, before: Sequence[str] = (), **environment: str
) -> None:
    """Boot a server without a network, and return when its console shows that it runs.

    :raises WrongError: it did not.
    """
    openstack(
        name, "server", "create", "--flavor", FLAVOR, "--image", IMAGE, "--nic", "none", "--wait",
        server, before=before, **environment,
    )  # fmt: skip
    end = time.monotonic() + SECONDS
    while SPEAKS not in (
        log := openstack(name, "console", "log", "show", server, before=before, **environment)
    ):
        if time.monotonic() > end:
            raise WrongError(f"{server} says nothing of its own: {log[-500:]}")
        time.sleep(1)
