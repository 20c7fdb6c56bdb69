# SPDX-License-Identifier: Apache-2.0
"""The steps that crash a host and evacuate it while it is up again, and the watch on it."""

from __future__ import annotations

import dataclasses
import tempfile
import threading
import time
import unittest
from pathlib import Path

from chaos.held_host import HeldState
from migration_tests import judges
from migration_tests.observers import hold
from migration_tests.observers.hold import HoldWatch
from migration_tests.record import history
from migration_tests.record.verdicts import FAIL, UNKNOWN
from migration_tests.record.words import CLOUD, HARNESS
from migration_tests.runner.step import Step
from migration_tests.scenarios.registry import all_scenarios
from migration_tests.steps.boot import Boot
from migration_tests.steps.check_hold import CheckHold
from migration_tests.steps.crash import Crash
from migration_tests.steps.evacuate import Evacuate
from migration_tests.steps.mark_down import MarkDown
from migration_tests.steps.power_on import PowerOn
from migration_tests.steps.start_writers import StartWriters
from migration_tests.tests.unit.fake_hosts import host
from migration_tests.tests.unit.scenario_case import ScenarioCase

(WITHOUT_BMC,) = [one for one in all_scenarios() if one.name == "evacuate_without_bmc"]


@dataclasses.dataclass(frozen=True)
class Call(Step):
    """Does what a test says."""

    name = "call"
    doing = "calling"
    work: object

    def run(self, context):
        self.work(context)


class CrashCase(ScenarioCase):
    def run_steps(self, *steps, **how):
        return self.steps(*steps, recovery=(PowerOn(),), **how)

    def looks(self):
        return [(one.held, one.running, one.guests) for one in self.events("service.held")]

    def of_the_fault(self, **values):
        """Let the crash go otherwise."""

        def change(context):
            for name, value in values.items():
                setattr(self.FakePanic, name, value)

        return Call(change)

    def until_looked(self):
        """Wait until the watch has seen the host."""

        def wait(context):
            end = time.monotonic() + 10
            while not context.hold.wrong and time.monotonic() < end:
                time.sleep(0.02)

        return Call(wait)


class ACrash(CrashCase):
    def test_is_on_the_record_as_a_panic_over_ssh_with_what_the_witnesses_say(self):
        self.assertIsNone(self.run_steps(Boot(), Crash()))
        (event,) = self.events("disturbance.started")
        self.assertEqual(
            ("panic", "c1", "ssh", "injected"),
            (event.fault, event.host, event.via, event.verdict),
        )
        says = {one.witness: one.says for one in event.readings}
        self.assertEqual({"boot_id": "dead", "init_start": "dead", "guests": "absent"}, says)
        (ended,) = self.events("disturbance.ended")
        self.assertEqual("panic", ended.fault)

    def test_holds_the_compute_service_back_until_the_host_is_recovered(self):
        held = []
        look = Call(lambda context: held.append((self.FakePanic.made.hold, set(self.cloud.held))))
        self.assertIsNone(self.run_steps(Boot(), Crash(), look))
        self.assertEqual([("compute", {"c1"})], held)
        self.assertEqual(set(), self.cloud.held)

    def test_ends_the_ledgers(self):
        self.assertIsNone(self.run_steps(Boot(), StartWriters(), Crash()))
        (ended,) = self.events("writer.ended")
        self.assertEqual("c1 crashed", ended.reason)

    def test_is_watched_from_its_proof_until_the_recovery_begins(self):
        self.assertIsNone(self.run_steps(Boot(), Crash(), MarkDown(), CheckHold(), Evacuate()))
        self.assertEqual({(True, False, 0)}, set(self.looks()))
        lines = [(line.kind, line.number) for line in self.lines()]
        numbers = {kind: number for kind, number in lines}
        self.assertLess(numbers["disturbance.started"], numbers["service.held"])
        self.assertLess(numbers["service.held"], numbers["disturbance.ended"])

    def test_that_is_not_proved_stops_and_is_undone(self):
        stop = self.run_steps(Boot(), self.of_the_fault(verdict="unknown"), Crash())
        self.assertEqual((HARNESS, "crash"), (stop.cause, stop.phase))
        self.assertIn("the death of c1 is not proved", stop.reason)
        self.assertEqual([], self.looks())
        self.assertEqual(set(), self.cloud.held)

    def test_of_a_host_that_stays_away_leaves_it_marked_down(self):
        self.run_steps(Boot(), Crash(), MarkDown(), boots_again=False)
        (stop,) = self.events("scenario.stopped")
        self.assertEqual(("power_on", HARNESS), (stop.phase, stop.cause))
        self.assertIn("c1 is not back", stop.reason)
        self.assertTrue(self.cloud.services["c1"]["forced_down"])

    def test_is_refused_where_nothing_says_that_the_host_comes_back(self):
        alone = host("c1", bmc=False)
        self.assertIn("restarts_by_itself: true if it does", Crash().refuses(alone))
        returning = dataclasses.replace(alone, restarts_by_itself=True)
        self.assertEqual("", Crash().refuses(returning))


class AHoldThatIsLost(CrashCase):
    def test_at_the_boot_stops_before_anything_is_evacuated(self):
        lost = self.of_the_fault(loses=True)
        stop = self.run_steps(Boot(), lost, Crash(), MarkDown(), CheckHold(), Evacuate())
        self.assertEqual((CLOUD, "check_hold"), (stop.cause, stop.phase))
        self.assertIn("nova-compute was held back on c1 and does not stay down", stop.reason)
        self.assertIn("the file that held it is gone", stop.reason)
        self.assertEqual([], self.asked("evacuate"))

    def test_later_stops_too(self):
        def lose(context):
            self.cloud.held.clear()

        stop = self.run_steps(
            Boot(), Crash(), MarkDown(), Call(lose), self.until_looked(), CheckHold(), Evacuate()
        )
        self.assertEqual("check_hold", stop.phase)
        self.assertIn((False, True, 0), self.looks())

    def test_is_no_matter_of_guests_alone(self):
        guests = self.of_the_fault(guests=2)
        steps = (Boot(), Crash(), guests, self.until_looked(), CheckHold())
        self.assertIn("2 guest(s) run", self.run_steps(*steps).reason)

    def test_cannot_be_told_of_a_host_that_does_not_answer(self):
        silent = self.of_the_fault(silent=True)
        self.assertIsNone(self.run_steps(Boot(), silent, Crash(), CheckHold()))
        self.assertEqual({(None, None, None)}, set(self.looks()))
        self.assertEqual({"it does not answer"}, {
            one.error for one in self.events("service.held")
        })  # fmt: skip


class AWholeScenario(CrashCase):
    def judged(self, spoil):
        context = self.context(WITHOUT_BMC)
        spoil()
        self.run_on(WITHOUT_BMC, context)
        return judges.judge(self.lines(), WITHOUT_BMC.name)

    def reasons(self, verdicts, outcome):
        return {one.judge: one.reason for one in verdicts if one.outcome == outcome}

    def test_with_the_hold_lost_at_the_boot_fails_in_that_judge_alone(self):
        def lose():
            self.FakePanic.loses = True

        verdicts = self.judged(lose)
        failed = self.reasons(verdicts, FAIL)
        self.assertEqual({"host_stayed_down"}, set(failed))
        said = "what had held its nova-compute back was gone and its nova-compute ran again"
        self.assertIn(said, failed["host_stayed_down"])
        self.assertEqual({}, self.reasons(verdicts, UNKNOWN))

    def test_with_guests_at_the_boot_fails_in_that_judge_alone(self):
        def start():
            self.FakePanic.guests = 1

        failed = self.reasons(self.judged(start), FAIL)
        self.assertEqual({"host_stayed_down"}, set(failed))
        self.assertIn("1 guest(s) ran on it", failed["host_stayed_down"])

    def test_whose_host_nobody_could_look_at_is_not_judged_to_have_kept_down(self):
        def silence():
            self.FakePanic.silent = True

        verdicts = self.judged(silence)
        self.assertEqual({}, self.reasons(verdicts, FAIL))
        self.assertEqual(["host_stayed_down"], list(self.reasons(verdicts, UNKNOWN)))


class Looks:
    """What a test says, look by look; the last one for ever."""

    def __init__(self, *states):
        self.states = list(states)
        self.closed = False
        self.over = threading.Event()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.closed = True

    def look(self, deadline):
        if len(self.states) == 1:
            self.over.set()
            return self.states[0]
        return self.states.pop(0)


class TheWatch(unittest.TestCase):
    def watched(self, *states, **how):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        path = Path(folder.name) / "history.jsonl"
        record = history.History(path).recorder("scenario", hold.SOURCE)
        looks = Looks(*states)
        watch = HoldWatch(looks, "c1", record, service="compute", interval=0.01, **how)
        watch.start()
        self.assertTrue(looks.over.wait(10))
        watch.stop()
        watch.wait(10)
        self.assertTrue(looks.closed)
        return watch, [line.event for line in history.read(path)]

    def test_records_looks_that_show_the_same_once(self):
        other = HeldState(not_held="in other words", pid=8)
        watch, events = self.watched(
            HeldState(), HeldState(), HeldState(not_held="gone", pid=7), other
        )
        self.assertEqual(
            [(True, False, 0), (False, True, 0)],
            [(one.held, one.running, one.guests) for one in events],
        )
        self.assertEqual([2], [one.looks for one in events[:1]])
        self.assertEqual("gone; it runs as process 7", watch.wrong)

    def test_says_why_a_host_could_not_be_asked_and_holds_nothing_against_it(self):
        watch, events = self.watched(HeldState(error="silence"), HeldState())
        self.assertEqual([("silence", None), ("", True)], [(x.error, x.held) for x in events])
        self.assertEqual([False, True], [one.answered for one in events])
        self.assertEqual("", watch.wrong)

    def test_begins_with_what_was_found_wrong_before(self):
        watch, _ = self.watched(HeldState(), wrong="lost at the boot")
        self.assertEqual("lost at the boot", watch.wrong)
