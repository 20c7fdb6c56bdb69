# SPDX-License-Identifier: Apache-2.0
"""Tells what changed between two looks, and since when the former state was no longer seen.

Pure. May not know: what the states mean.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Change:
    """A state that differs from the one of the look before.

    :ivar former: when the last look began that still showed the former state, in seconds of the
        monotonic clock; None at first sight. The change came after that.
    """

    former: float | None


class Changes:
    """Remembers the last state of everything that was looked at."""

    def __init__(self) -> None:
        self._states: dict[tuple[str, str], tuple[Any, float]] = {}

    def known(self, sort: str, identity: str) -> bool:
        """Return whether there was a look at this before."""
        return (sort, identity) in self._states

    def changed(self, sort: str, identity: str, state: Any, began: float) -> Change | None:
        """Note a state and return the change, or None when it is the state of the last look.

        :param sort: what is looked at, "server" for one
        :param began: when this look began, in seconds of the monotonic clock
        """
        key = (sort, identity)
        former = self._states.get(key)
        self._states[key] = (state, began)
        if former is None:
            return Change(None)
        return Change(former[1]) if former[0] != state else None
