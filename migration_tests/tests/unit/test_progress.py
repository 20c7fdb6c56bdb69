# SPDX-License-Identifier: Apache-2.0
"""What is seen of a run while it goes on."""

from __future__ import annotations

import io
import tempfile
import unittest
from pathlib import Path

from migration_tests.cli.progress import Progress, elapsed
from migration_tests.record import words
from migration_tests.record.events import (
    HarnessError,
    PhaseStarted,
    PlannedPhase,
    ScenarioFinished,
    ScenarioPlanned,
    ScenarioSkipped,
    ScenarioStopped,
    WaitExpired,
)
from migration_tests.record.history import History

PLAN = ScenarioPlanned(
    title="compute1 is switched off",
    phases=(
        PlannedPhase(name="boot", step="boot", doing="booting the servers"),
        PlannedPhase(name="inject", step="inject", doing="cutting the host off"),
        PlannedPhase(name="snapshot_before", step="snapshot", doing="looking"),
    ),
    servers=(),
    sources=("compute1",),
)


class ProgressOfARun(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.history = History(Path(folder.name) / "history.jsonl")
        self.record = self.history.recorder("evacuation", "runner")
        self.now = 1000.0
        self.out = io.StringIO()
        self.progress = Progress(self.history.path, self.out, lambda: self.now)

    def shown(self):
        self.progress.look()
        text = self.out.getvalue()
        self.out.seek(0)
        self.out.truncate()
        return text.splitlines()

    def test_names_the_scenario_and_each_phase_with_its_place_and_the_time(self):
        self.record(PLAN)
        self.now += 75
        self.record(PhaseStarted(phase="inject", title="cutting compute1 off"))
        self.assertEqual(
            [
                "[1:15] evacuation:",
                "[1:15]   compute1 is switched off",
                "[1:15]    2/3 cutting compute1 off",
            ],
            self.shown(),
        )
        self.assertEqual([], self.shown())

    def test_shows_a_phase_that_was_not_planned_without_a_place(self):
        self.record(PLAN)
        self.record(PhaseStarted(phase="dance", title="dancing"))
        self.assertEqual("[0:00]   dancing", self.shown()[-1])

    def test_says_now_and_then_that_something_still_goes_on(self):
        self.record(PhaseStarted(phase="inject", title="cutting compute1 off"))
        self.shown()
        self.now += 29
        self.assertEqual([], self.shown())
        self.now += 2
        self.assertEqual(["[0:31]   still cutting compute1 off (for 0:31)"], self.shown())
        self.assertEqual([], self.shown())

    def test_says_what_goes_on_before_any_scenario(self):
        self.now += 31
        self.assertEqual(["[0:31]   still loading the tests (for 0:31)"], self.shown())

    def test_shows_stops_failures_and_the_end(self):
        self.record(PLAN)
        self.record(HarnessError(where="observers.probe", error="OSError"))
        self.record(WaitExpired(awaited="all ports ACTIVE", phase="inject", seconds=3))
        self.record(ScenarioStopped(phase="inject", cause=words.CLOUD, reason="refused"))
        self.record(ScenarioFinished(complete=False))
        self.assertEqual(
            [
                "[0:00]   our own failure in observers.probe: OSError",
                "[0:00]   did not come in its time: all ports ACTIVE",
                "[0:00]   stopped while cutting the host off: refused",
                "[0:00]   ended before its end",
            ],
            self.shown()[2:],
        )
        self.now += 31
        self.assertEqual(["[0:31]   still deleting the servers (for 0:31)"], self.shown())

    def test_shows_a_good_end_and_what_was_not_run(self):
        self.record(ScenarioFinished(complete=True))
        self.record(ScenarioSkipped(reason="no BMC"))
        self.assertEqual(["[0:00]   complete", "[0:00]   not run: no BMC"], self.shown()[1:])

    def test_shows_that_a_scenario_waits_for_its_turn(self):
        self.history.note(words.WAITING, {}, source="test", scenario="evacuation")
        self.assertEqual(
            "[0:00]   waiting for another scenario that uses the same hosts", self.shown()[-1]
        )

    def test_names_each_scenario_once(self):
        for name in ("one", "one", "two"):
            self.history.append(PLAN, source="runner", scenario=name)
        names = [line for line in self.shown() if line.endswith(":")]
        self.assertEqual(["[0:00] one:", "[0:00] two:"], names)

    def test_counts_minutes(self):
        self.assertEqual(["0:00", "1:05", "61:01"], [elapsed(s) for s in (0, 65.9, 3661)])
