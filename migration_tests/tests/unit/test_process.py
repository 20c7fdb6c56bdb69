# SPDX-License-Identifier: Apache-2.0
"""An interrupt ends a scenario only in a phase that may be interrupted, as the record says."""

from __future__ import annotations

import os
import signal
import tempfile
import time
import unittest
from pathlib import Path
from unittest import mock

from migration_tests.cli import process
from migration_tests.cli.process import Interrupted, Interrupts, interruptible
from migration_tests.record import words
from migration_tests.record.events import (
    PhaseStarted,
    ScenarioFinished,
    ScenarioPlanned,
    ScenarioSkipped,
    ScenarioStopped,
    TestsPlanned,
)
from migration_tests.record.history import History
from migration_tests.runner import placement
from migration_tests.scenarios.registry import all_scenarios

SCENARIOS = {one.name: one for one in all_scenarios()}
PLAN = placement.declared(SCENARIOS["evacuate_shared"], "2.95")


def begun(phase):
    return PhaseStarted(phase=phase, title=phase)


class ProcessCase(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = Path(folder.name) / "history.jsonl"

    def put(self, *events, scenario="evacuate_shared"):
        for event in events:
            History(self.path).append(event, source="test", scenario=scenario)

    def may(self, *events):
        self.path.unlink(missing_ok=True)
        self.put(*events)
        return interruptible(self.path)


class AnInterrupt(ProcessCase):
    def test_may_come_in_while_a_phase_runs_that_the_plan_lets_be_interrupted(self):
        self.assertTrue(self.may(PLAN, begun("boot")))
        self.assertTrue(self.may(PLAN, begun("boot"), begun("snapshot_running")))

    def test_may_not_while_a_host_is_cut_off_or_brought_back(self):
        for phase in ("inject", "power_on", "await_clean_up", "give_back"):
            self.assertFalse(self.may(PLAN, begun("boot"), begun(phase)), phase)

    def test_may_not_in_any_phase_of_a_recovery(self):
        for scenario in SCENARIOS.values():
            plan = placement.declared(scenario, "2.95")
            for phase in scenario.phases:
                if phase.recovery or not phase.step.interruptible:
                    self.assertFalse(self.may(plan, begun(phase.name)), phase.name)
                else:
                    self.assertTrue(self.may(plan, begun(phase.name)), phase.name)

    def test_may_not_before_the_first_phase_nor_after_the_end(self):
        self.assertFalse(self.may(TestsPlanned(tests=())))
        self.assertFalse(self.may(PLAN))
        self.assertFalse(self.may(PLAN, begun("boot"), ScenarioFinished(complete=True)))
        self.assertFalse(
            self.may(PLAN, begun("boot"), ScenarioFinished(complete=True), TestsPlanned(tests=()))
        )

    def test_may_not_once_a_scenario_has_stopped_and_its_recovery_begins(self):
        stopped = ScenarioStopped(phase="boot", cause=words.CLOUD, reason="refused")
        self.assertFalse(self.may(PLAN, begun("boot"), stopped))

    def test_may_not_by_the_phase_of_a_scenario_before_this_one(self):
        before = (PLAN, begun("boot"), ScenarioFinished(complete=True))
        self.assertFalse(self.may(*before, PLAN))
        self.assertFalse(self.may(*before, ScenarioSkipped(reason="x")))

    def test_may_while_a_scenario_waits_for_its_turn_and_not_any_more_then(self):
        self.put(TestsPlanned(tests=()))
        History(self.path).note(words.WAITING, {}, source="test", scenario="evacuate_shared")
        self.assertTrue(interruptible(self.path))
        self.put(PLAN)
        self.assertFalse(interruptible(self.path))
        self.put(begun("inject"))
        self.assertFalse(interruptible(self.path))

    def test_may_not_in_a_phase_that_the_plan_does_not_know(self):
        self.assertFalse(self.may(PLAN, begun("dance")))

    def test_may_not_without_a_record(self):
        self.assertFalse(interruptible(self.path))


class TheFirstInterrupt(ProcessCase):
    def setUp(self):
        super().setUp()
        former = {one: signal.getsignal(one) for one in (signal.SIGINT, signal.SIGALRM)}
        self.addCleanup(lambda: [signal.signal(one, kept) for one, kept in former.items()])
        self.addCleanup(signal.setitimer, signal.ITIMER_REAL, 0)
        patch = mock.patch.object(process, "PATIENCE", 0.05)
        patch.start()
        self.addCleanup(patch.stop)
        self.interrupts = Interrupts(self.path)
        self.interrupts.result = mock.Mock()
        self.interrupts.install()

    def interrupt(self):
        os.kill(os.getpid(), signal.SIGINT)

    def test_comes_in_at_once_where_it_may_and_no_further_test_is_begun(self):
        self.put(PLAN, begun("boot"))
        with self.assertRaises(Interrupted):
            self.interrupt()
        self.interrupts.result.stop.assert_called_once_with()

    def test_waits_until_it_may(self):
        self.put(PLAN, begun("inject"))
        self.interrupt()
        self.interrupts.result.stop.assert_called_once_with()
        self.put(begun("mark_down"))
        with self.assertRaises(Interrupted):
            while True:
                time.sleep(0.01)

    def test_is_the_only_one_that_counts(self):
        self.put(PLAN, begun("inject"))
        self.interrupt()
        self.interrupt()
        self.interrupts.result.stop.assert_called_once_with()

    def test_comes_in_at_once_where_there_is_no_record_to_look_at(self):
        self.interrupts = Interrupts(None)
        self.interrupts.install()
        with self.assertRaises(Interrupted):
            self.interrupt()


class ThePlan(unittest.TestCase):
    def test_of_a_scenario_is_what_it_says_of_its_steps(self):
        self.assertIsInstance(PLAN, ScenarioPlanned)
        never = {phase.step for phase in PLAN.phases if not phase.interruptible}
        self.assertLessEqual({"inject", "power_on", "give_back"}, never)
