# SPDX-License-Identifier: Apache-2.0
"""Watches a crashed host that is up again: its compute service must stay down, and its guests.

From the proof of its death until it is recovered. May not know: what is done meanwhile.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from chaos.deadline import Deadline
from chaos.held_host import HeldHost, HeldState
from migration_tests.observers.series import HostLooks, Look, Series
from migration_tests.record.events import ServiceHeld
from migration_tests.record.history import Recorder

SOURCE = "observers.hold"
LOOK_SECONDS = 5.0  # a look that takes longer has failed


@dataclass(frozen=True)
class _Seen:
    """What of a look is the same or not: not with which words, or by which process."""

    held: bool
    running: bool
    guests: int


class HoldWatch(HostLooks):
    """Looks at one host until it is stopped.

    :param looks: what looks at the host; closed at the end
    :param service: which of its services is held back
    :param interval: seconds between two looks
    :param wrong: what was found not to be so before it begins, in words

    :ivar wrong: what the first look that did not find it down has found, in words; "" so far
    """

    def __init__(
        self,
        looks: HeldHost,
        host: str,
        record: Recorder,
        *,
        service: str,
        interval: float,
        wrong: str = "",
    ) -> None:
        super().__init__(SOURCE, host, interval, record, ServiceHeld.kind)
        self.service = service
        self.wrong = wrong
        self._looks = looks

    @contextlib.contextmanager
    def looking(self) -> Iterator[Callable[[], Look]]:
        """Look by what was given."""
        with self._looks:
            yield self._look

    def event(self, series: Series) -> ServiceHeld:
        """Say how the service and the guests were seen."""
        seen: _Seen | None = series.seen[0]
        return ServiceHeld(
            host=self.host,
            service=self.service,
            held=seen.held if seen else None,
            running=seen.running if seen else None,
            guests=seen.guests if seen else None,
            **series.times(),
        )

    def _look(self) -> Look:
        state: HeldState = self._looks.look(Deadline.after(LOOK_SECONDS))
        self.wrong = self.wrong or state.wrong
        if state.error:
            return None, state.error
        return _Seen(not state.not_held, bool(state.pid), state.guests), ""
