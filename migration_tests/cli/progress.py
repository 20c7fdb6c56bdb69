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
from migration_tests.record.history import Follower, Line
from migration_tests.record.story_events import (
    HarnessError,
    StoryFinished,
    StoryPhase,
    StorySkipped,
    StoryStarted,
    StoryStopped,
)

SIGN_OF_LIFE = 30.0  # seconds after which a line says that something still goes on


class Progress:
    """Writes a line for each step of each story.

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
        self._told = self._begun
        self._story: str | None = None
        self._now = "loading the tests"
        self._since = self._begun

    def look(self) -> None:
        """Show what is new; without news, now and then, what still goes on."""
        for line in self._follower.new():
            self._show(line)
        if self._clock() - self._told >= SIGN_OF_LIFE:
            took = elapsed(self._clock() - self._since)
            self.say(f"  still {self._now} (for {took})")

    def say(self, text: str) -> None:
        """Write a line with the time since the beginning."""
        self._told = self._clock()
        self._out.write(f"[{elapsed(self._told - self._begun)}] {text}\n")
        self._out.flush()

    def _show(self, line: Line) -> None:
        event = line.event
        if line.story not in (None, self._story):
            self._story = line.story
            self.say(f"{line.story}:")
        if isinstance(event, StoryStarted):
            self.say(f"  {event.title}")
        elif isinstance(event, StoryPhase):
            self._now, self._since = event.title, self._clock()
            self.say(f"  {_step(event.phase)}{event.title}")
        elif isinstance(event, StorySkipped):
            self.say(f"  not told: {event.reason}")
        elif isinstance(event, StoryStopped):
            self._now, self._since = "healing what was broken", self._clock()
            self.say(
                f"  stopped while {words.DOING.get(event.phase, event.phase)}: {event.reason}"
            )
        elif isinstance(event, HarnessError):
            self.say(f"  our own failure in {event.where}: {event.error}")
        elif isinstance(event, StoryFinished):
            self._now, self._since = "taking the servers down", self._clock()
            self.say(f"  {'told to its end' if event.complete else 'ended early'}; now judged")


def _step(phase: str) -> str:
    """The phase's place among all: how much is left."""
    if phase not in words.PHASES:
        return ""
    return f"{words.PHASES.index(phase) + 1:>2}/{len(words.PHASES)} "


def elapsed(seconds: float) -> str:
    """Return seconds as minutes and seconds, \"3:07\"."""
    whole = int(seconds)
    return f"{whole // 60}:{whole % 60:02}"
