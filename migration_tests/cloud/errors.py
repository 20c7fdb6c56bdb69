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
        self.http_status: int | None = getattr(getattr(cause, "resp", None), "status", None)
        text = str(cause).strip().replace("\n", " ")
        super().__init__(f"{asked}: {type(cause).__name__}: {text}")


@contextlib.contextmanager
def asking(what: str) -> Iterator[None]:
    """Turn whatever a call raises into a CloudError that says what was asked."""
    try:
        yield
    except (lib_exc.TempestException, urllib3.exceptions.HTTPError, KeyError) as error:
        raise CloudError(what, error) from error


def answer(request: Callable[[], Any]) -> Answer:
    """Make a request that may be refused, and return the answer either way.

    :raises CloudError: when no answer came at all
    """
    try:
        request()
        return Answer(accepted=True)
    except lib_exc.RestClientException as error:
        status = getattr(getattr(error, "resp", None), "status", None)
        if status is None:
            status = getattr(error, "status_code", None)
        return Answer(False, status, " ".join(str(error).split()))
    except (lib_exc.TempestException, urllib3.exceptions.HTTPError) as error:
        raise CloudError("a request", error) from error
