# SPDX-License-Identifier: Apache-2.0
"""Waiting for a cloud, in a process that reports what it does and what it waits for.

Knows the errors of the cloud's API; nothing of what is waited for.
"""

import sys
import time
from collections.abc import Callable

import openstack.exceptions
from keystoneauth1 import exceptions as auth_exceptions

TICK = 0.5


class WaitingError(Exception):
    """The cloud did not become usable in time; the message says what it waited for."""


def say(text: str) -> None:
    """Report progress."""
    print(text, file=sys.stderr, flush=True)


def wait_for(what: str, deadline: float, look: Callable[[], str], tick: float = TICK) -> None:
    """Return when `look` has nothing left to say about what is missing.

    :param deadline: point of the monotonic clock.
    :param tick: seconds between two looks.
    :raises WaitingError: time is up; names the last thing that was missing.
    """
    while True:
        try:
            missing = look()
        except (
            openstack.exceptions.SDKException,
            auth_exceptions.ClientException,
        ) as error:
            missing = f"the API says: {error}"
        if not missing:
            return
        if time.monotonic() > deadline:
            raise WaitingError(f"{what}: {missing}")
        time.sleep(tick)
