# SPDX-License-Identifier: Apache-2.0
"""Shows a run while it goes on: what happens now, for how long, and what is still to come.

Everything comes from the history as it grows. May not know: who runs the tests.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import TextIO

from migration_tests.record import words
from migration_tests.record.events import (
    HarnessError,
    PhaseStarted,
    ScenarioFinished,
    ScenarioPlanned,
    ScenarioSkipped,
    ScenarioStopped,
    WaitExpired,
)
from migration_tests.record.history import Follower, Line

SIGN_OF_LIFE = 30.0  # seconds after which a line says that something still goes on


class Progress:
    """Writes a line for each step of each scenario.

    :param history: the run's history.
    :param out: where to write.
    :param clock: gives seconds; another one for tests.
    """

    def __init__(
        self, history: Path, out: TextIO, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._follower = Follower(history)
        self._out = out
        self._clock = clock
        self._begun = clock()
        self._last_said = self._begun
        self._scenario: str | None = None
        self._plan: ScenarioPlanned | None = None
        self._now = "loading the tests"
        self._since = self._begun

    def look(self) -> None:
        """Show what is new; without news, now and then, what still goes on."""
        for line in self._follower.new():
            self._show(line)
        if self._clock() - self._last_said >= SIGN_OF_LIFE:
            took = elapsed(self._clock() - self._since)
            self.say(f"  still {self._now} (for {took})")

    def say(self, text: str) -> None:
        """Write a line with the time since the beginning."""
        self._last_said = self._clock()
        self._out.write(f"[{elapsed(self._last_said - self._begun)}] {text}\n")
        self._out.flush()

    def _show(self, line: Line) -> None:
        event = line.event
        if line.scenario not in (None, self._scenario):
            self._scenario = line.scenario
            self.say(f"{line.scenario}:")
        if isinstance(event, ScenarioPlanned):
            self._plan = event
            self.say(f"  {event.title}")
        elif isinstance(event, PhaseStarted):
            self._now, self._since = event.title, self._clock()
            self.say(f"  {self._place(event.phase)}{event.title}")
        elif isinstance(event, ScenarioSkipped):
            self.say(f"  not run: {event.reason}")
        elif isinstance(event, ScenarioStopped):
            self.say(f"  stopped while {self._doing(event.phase)}: {event.reason}")
        elif isinstance(event, WaitExpired):
            self.say(f"  did not come in its time: {event.awaited}")
        elif isinstance(event, HarnessError):
            self.say(f"  our own failure in {event.where}: {event.error}")
        elif isinstance(event, ScenarioFinished):
            self._now, self._since = "deleting the servers", self._clock()
            self.say("  complete" if event.complete else "  ended before its end")
        elif line.kind == words.WAITING:
            self._now, self._since = "waiting for another scenario", self._clock()
            self.say("  waiting for another scenario that uses the same hosts")

    def _place(self, name: str) -> str:
        """The phase's place among all: how much is left."""
        phases = [phase.name for phase in self._plan.phases] if self._plan else []
        if name not in phases:
            return ""
        return f"{phases.index(name) + 1:>2}/{len(phases)} "

    def _doing(self, name: str) -> str:
        phases = self._plan.phases if self._plan else ()
        return next((phase.doing for phase in phases if phase.name == name), name)


def elapsed(seconds: float) -> str:
    """Return seconds as minutes and seconds, \"3:07\"."""
    whole = int(seconds)
    return f"{whole // 60}:{whole % 60:02}"
