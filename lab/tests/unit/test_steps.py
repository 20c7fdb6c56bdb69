# SPDX-License-Identifier: Apache-2.0
"""Steps run when what they need is done, and a failure says which step and why."""

import dataclasses
import io
import json
import tempfile
import threading
import time
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

    def test_a_failure_does_not_wait_for_the_steps_beside_it(self):
        ended = threading.Event()
        self.addCleanup(ended.set)
        slow = Step("garden", "the garden", lambda report: ended.wait(60))
        began = time.monotonic()
        with self.assertRaisesRegex(StepError, "no bricks\nGiven up with it: the garden"):
            self.run_steps(slow, self.step("walls", error=RuntimeError("no bricks")))
        self.assertLess(time.monotonic() - began, 10)

    def test_a_step_that_fails_without_a_word_is_named_by_its_error(self):
        with self.assertRaisesRegex(StepError, "the walls failed.\nBrokenPipeError"):
            self.run_steps(self.step("walls", error=BrokenPipeError()))

    def test_steps_that_wait_for_each_other_are_told(self):
        with self.assertRaisesRegex(StepError, "wait for each other: (egg, hen|hen, egg)"):
            self.run_steps(self.step("egg", "hen"), self.step("hen", "egg"))

    def test_the_next_run_says_how_long_it_took_last_time(self):
        self.durations.write_text('{"ground": 30.0, "walls": 12.0, "garden": 5.0}')
        self.run_steps(self.step("ground"), self.step("walls", "ground"), self.step("garden"))
        self.assertIn("3 steps, 42 s last time", self.said.getvalue())

    def test_what_is_left_counts_down_while_a_step_runs(self):
        self.durations.write_text('{"ground": 30.0}')
        progress = Progress(self.durations, self.said)
        ground = self.step("ground")
        self.assertEqual(30, progress.left([ground]))
        self.assertAlmostEqual(
            20, progress.left([ground], {"ground": time.monotonic() - 10}), delta=1
        )
        self.assertEqual(0, progress.left([ground], {"ground": time.monotonic() - 50}))

    def test_a_step_whose_result_is_there_does_not_spoil_what_is_known_of_making_it(self):
        self.durations.write_text('{"ground": 30.0}')
        there = dataclasses.replace(self.step("ground"), there=True)
        self.run_steps(there, self.step("walls", "ground"))
        self.assertNotIn("last time", self.said.getvalue())
        self.assertIn("done: the ground, was there", self.said.getvalue())
        self.assertEqual(30, json.loads(self.durations.read_text())["ground"])

    def test_labs_that_differ_are_remembered_apart(self):
        boot = self.step("boot")
        small, large = (dataclasses.replace(boot, like=like) for like in ("few", "many"))
        Progress(self.durations).took(small, 10)
        Progress(self.durations).took(large, 60)
        progress = Progress(self.durations)
        self.assertEqual((10, 60), (progress.left([small]), progress.left([large])))

    def test_what_another_lab_learned_meanwhile_is_kept(self):
        first, second = (Progress(self.durations, self.said) for _ in range(2))
        first.took(self.step("ground"), 3)
        second.took(self.step("walls"), 4)
        self.assertEqual({"ground": 3, "walls": 4}, json.loads(self.durations.read_text()))

    def test_a_damaged_file_of_durations_does_no_harm(self):
        self.durations.write_text("{")
        self.run_steps(self.step("ground"))
        self.assertIn("ground", self.durations.read_text())

    def test_details_and_ends_are_told(self):
        self.run_steps(self.step("ground"))
        self.assertIn("the ground: half way", self.said.getvalue())
        self.assertIn("done: the ground", self.said.getvalue())
