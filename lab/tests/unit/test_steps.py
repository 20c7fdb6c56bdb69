# SPDX-License-Identifier: Apache-2.0
"""Steps run when what they need is done, and a failure says which step and why."""

import io
import tempfile
import unittest
from pathlib import Path

from lab.core.steps import Progress, Step, StepError, run_steps


class RunningStepsTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.durations = Path(folder.name) / "durations.json"
        self.said = io.StringIO()
        self.done = []

    def step(self, name, *needs, error=None):
        def run(report):
            if error:
                raise error
            report("half way")
            self.done.append(name)

        return Step(name, f"the {name}", run, needs)

    def run_steps(self, *steps):
        run_steps(list(steps), Progress(self.durations, self.said))

    def test_a_step_runs_after_all_it_needs(self):
        self.run_steps(
            self.step("roof", "walls"), self.step("walls", "ground"), self.step("ground")
        )
        self.assertEqual(["ground", "walls", "roof"], self.done)

    def test_a_failure_names_the_step_and_nothing_that_needs_it_runs(self):
        broken = self.step("walls", "ground", error=RuntimeError("no bricks"))
        with self.assertRaisesRegex(StepError, "the walls failed.\nno bricks"):
            self.run_steps(self.step("ground"), broken, self.step("roof", "walls"))
        self.assertEqual(["ground"], self.done)

    def test_steps_that_wait_for_each_other_are_told(self):
        with self.assertRaisesRegex(StepError, "wait for each other: (egg, hen|hen, egg)"):
            self.run_steps(self.step("egg", "hen"), self.step("hen", "egg"))

    def test_the_next_run_says_how_long_it_took_last_time(self):
        self.durations.write_text('{"ground": 30.0, "walls": 12.0, "garden": 5.0}')
        self.run_steps(self.step("ground"), self.step("walls", "ground"), self.step("garden"))
        self.assertIn("3 steps, 42 s last time", self.said.getvalue())

    def test_a_damaged_file_of_durations_does_no_harm(self):
        self.durations.write_text("{")
        self.run_steps(self.step("ground"))
        self.assertIn("ground", self.durations.read_text())

    def test_details_and_ends_are_told(self):
        self.run_steps(self.step("ground"))
        self.assertIn("the ground: half way", self.said.getvalue())
        self.assertIn("done: the ground", self.said.getvalue())
