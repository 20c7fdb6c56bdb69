# SPDX-License-Identifier: Apache-2.0
"""Counts the requests to the cloud's APIs. May not know: what is asked for."""

from __future__ import annotations

import threading
from typing import Any


class RequestCount:
    """How many requests client managers have made since they are counted.

    :param managers: Tempest's client managers; each signs all its requests in one place, its
        ``auth_provider``
    :ivar total: so far
    """

    def __init__(self, *managers: Any) -> None:
        self.total = 0
        self._lock = threading.Lock()
        for provider in {id(one.auth_provider): one.auth_provider for one in managers}.values():
            provider.auth_request = self._counted(provider.auth_request)

    def _counted(self, sign: Any) -> Any:
        def counted(*args: Any, **values: Any) -> Any:
            with self._lock:
                self.total += 1
            return sign(*args, **values)

        return counted
