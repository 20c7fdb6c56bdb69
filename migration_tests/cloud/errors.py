# SPDX-License-Identifier: Apache-2.0
"""A call that failed, and a request that was refused. May not know: what was asked for."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import urllib3
from tempest.lib import exceptions as lib_exc

from migration_tests.cloud.data import Answer


class CloudError(Exception):
    """A call to the cloud's API failed; says what was asked and what came back."""

    def __init__(self, asked: str, cause: BaseException) -> None:
        self.http_status = _status(cause)
        text = str(cause).strip().replace("\n", " ")
        super().__init__(f"{asked}: {type(cause).__name__}: {text}")


def _status(error: BaseException) -> int | None:
    """Return the HTTP status that an error of Tempest stands for, if it stands for any."""
    status = getattr(getattr(error, "resp", None), "status", None)
    if status is None:
        status = getattr(error, "status_code", None)
    return status or None


# What a call raises by itself, and what reading an answer does that is not as it must be.
_FAILED = (lib_exc.TempestException, urllib3.exceptions.HTTPError, OSError)
_UNREADABLE = (LookupError, TypeError, ValueError)


@contextlib.contextmanager
def asking(what: str) -> Iterator[None]:
    """Turn whatever a call and the reading of its answer raise into a CloudError that names it."""
    try:
        yield
    except (*_FAILED, *_UNREADABLE) as error:
        raise CloudError(what, error) from error


def answer(request: Callable[[], Any]) -> Answer:
    """Make a request that may be refused, and return the answer either way.

    :raises CloudError: when no answer came at all
    """
    try:
        request()
        return Answer(accepted=True)
    except lib_exc.RestClientException as error:
        return Answer(False, _status(error), " ".join(str(error).split()))
    except _FAILED as error:
        raise CloudError("a request", error) from error
