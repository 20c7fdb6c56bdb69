# SPDX-License-Identifier: Apache-2.0
"""What is seen of a run while it goes on."""

from __future__ import annotations

import io
import tempfile
import unittest
from pathlib import Path

from migration_tests.cli.progress import Progress, elapsed
from migration_tests.record import words
from migration_tests.record.history import History
from migration_tests.record.story_events import (
    HarnessError,
    StoryFinished,
    StoryPhase,
    StorySkipped,
    StoryStarted,
    StoryStopped,
)


class ProgressOfARun(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        path = Path(folder.name) / "history.jsonl"
        self.record = History(path).recorder("evacuation", "story")
        self.now = 1000.0
        self.out = io.StringIO()
        self.progress = Progress(path, self.out, lambda: self.now)

    def shown(self):
        self.progress.look()
        text = self.out.getvalue()
        self.out.seek(0)
        self.out.truncate()
        return text.splitlines()

    def test_names_the_story_and_each_phase_with_its_place_and_the_time(self):
        self.record(StoryStarted(title="compute1 is switched off"))
        self.now += 75
        self.record(StoryPhase(phase=words.KILL, title="cutting compute1 off"))
        self.assertEqual(
            [
                "[1:15] evacuation:",
                "[1:15]   compute1 is switched off",
                "[1:15]    3/11 cutting compute1 off",
            ],
            self.shown(),
        )
        self.assertEqual([], self.shown())

    def test_says_now_and_then_that_something_still_goes_on(self):
        self.record(StoryPhase(phase=words.KILL, title="cutting compute1 off"))
        self.shown()
        self.now += 29
        self.assertEqual([], self.shown())
        self.now += 2
        self.assertEqual(["[0:31]   still cutting compute1 off (for 0:31)"], self.shown())
        self.assertEqual([], self.shown())

    def test_tells_of_stops_and_failures_and_the_end(self):
        self.record(HarnessError(where="observers.probe", error="OSError"))
        self.record(StoryStopped(phase=words.START, cause=words.CLOUD, reason="refused"))
        self.record(StoryFinished(complete=False))
        self.record(StorySkipped(reason="no BMC"))
        self.assertEqual(
            [
                "[0:00] evacuation:",
                "[0:00]   our own failure in observers.probe: OSError",
                "[0:00]   stopped while starting the evacuated servers: refused",
                "[0:00]   ended early; now judged",
                "[0:00]   not told: no BMC",
            ],
            self.shown(),
        )

    def test_counts_minutes(self):
        self.assertEqual(["0:00", "1:05", "61:01"], [elapsed(s) for s in (0, 65.9, 3661)])
