# SPDX-License-Identifier: Apache-2.0
"""A scenario is run once: its steps until one can go no further, its recovery in any case."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from migration_tests.cloud.errors import CloudError
from migration_tests.record import history, words
from migration_tests.record.history import HistoryError
from migration_tests.runner.loop import ScenarioRun
from migration_tests.runner.scenario import Scenario
from migration_tests.runner.step import Step
from migration_tests.runner.stopping import cloud_stop, harness_stop
from migration_tests.tests.unit.fake_api import refusal
from migration_tests.tests.unit.scenario_case import ONE_SERVER, ScenarioCase


def nothing(context):
    pass


def doing_it(context):
    return "doing it"


@dataclass(frozen=True)
class Do(Step):
    """Does what a test says."""

    name = "do"
    doing = "doing"
    called: str
    work: Callable = nothing
    says: Callable = doing_it

    @property
    def phase(self):
        return self.called

    def title(self, context):
        return self.says(context)

    def run(self, context):
        context.done.append(self.called)
        self.work(context)


def raises(error):
    def work(context):
        raise error

    return work


class Once:
    """Raises the first time only."""

    def __init__(self, error):
        self.error = error

    def __call__(self, context):
        error, self.error = self.error, None
        if error:
            raise error
        return "doing it"


class LoopCase(ScenarioCase):
    def run_it(self, steps=(), recovery=()):
        scenario = Scenario("one", "t", ONE_SERVER, tuple(steps), tuple(recovery))
        self.ctx = self.context(scenario)
        self.ctx.done = []
        self.run_one = ScenarioRun(scenario, self.ctx)
        self.run_one.run()

    def outcomes(self):
        return [(one.phase, one.cause, one.reason) for one in self.events("scenario.stopped")]

    @property
    def finished(self):
        """The last line of the record."""
        last = self.lines()[-1]
        self.assertEqual("scenario.finished", last.kind)
        return last.event


class AScenario(LoopCase):
    def test_that_goes_well_is_complete_and_has_recovered(self):
        self.run_it([Do("a"), Do("b")], [Do("c")])
        self.assertEqual(["a", "b", "c"], self.ctx.done)
        self.assertEqual(["a", "b", "c"], self.phases())
        self.assertEqual([], self.outcomes())
        self.assertTrue(self.finished.complete)
        self.assertIsNone(self.run_one.stopped)

    def test_that_stops_says_where_and_why_and_leaves_out_the_steps_after_it(self):
        self.run_it([Do("a", raises(cloud_stop("no server arrived"))), Do("b")], [Do("c")])
        self.assertEqual(["a", "c"], self.ctx.done)
        self.assertEqual([("a", words.CLOUD, "no server arrived")], self.outcomes())
        self.assertEqual([], self.events("harness.error"))
        self.assertFalse(self.finished.complete)

    def test_that_breaks_by_our_fault_says_so_with_a_traceback(self):
        self.run_it([Do("a", raises(ZeroDivisionError("oops")))])
        self.assertEqual([("a", words.HARNESS, "ZeroDivisionError: oops")], self.outcomes())
        (error,) = self.events("harness.error")
        self.assertIn("in work", error.traceback)
        self.assertEqual("runner, a", error.where)

    def test_that_breaks_by_an_error_of_the_api_blames_the_cloud(self):
        for status, cause in ((503, words.CLOUD), (404, words.HARNESS)):
            self.setUp()
            error = CloudError("the list of servers", refusal(status, "x"))
            self.run_it([Do("a", raises(error))])
            self.assertEqual(cause, self.outcomes()[0][1])

    def test_whose_step_cannot_say_what_it_does_stops_there(self):
        self.run_it([Do("a", says=raises(KeyError("source")))], [Do("b")])
        self.assertEqual("a", self.outcomes()[0][0])
        self.assertEqual(["b"], self.ctx.done)


class TheRecovery(LoopCase):
    def test_runs_all_in_order_whatever_became_of_each(self):
        not_back, broken = raises(harness_stop("not back")), raises(KeyError())
        recovery = [Do("b", not_back), Do("c", broken), Do("d")]
        self.run_it([Do("a", raises(cloud_stop("no server arrived")))], recovery)
        self.assertEqual(["a", "b", "c", "d"], self.ctx.done)
        self.assertEqual(["a", "b", "c"], [phase for phase, _, _ in self.outcomes()])
        self.assertEqual("no server arrived", self.run_one.stopped.reason)

    def test_tells_each_step_what_those_before_it_could_not_do(self):
        seen = {}
        recovery = [
            Do("b", raises(harness_stop("not back"))),
            Do("c", lambda context: seen.update(context.could_not)),
        ]
        self.run_it([Do("a")], recovery)
        self.assertEqual({"b": "not back"}, seen)

    def test_that_fails_makes_a_scenario_incomplete(self):
        self.run_it([Do("a")], [Do("b", raises(harness_stop("not back")))])
        self.assertFalse(self.finished.complete)
        self.assertEqual("not back", self.run_one.stopped.reason)

    def test_runs_a_step_that_cannot_say_what_it_does(self):
        self.run_it([], [Do("a", says=raises(KeyError("x"))), Do("b")])
        self.assertEqual(["a", "b"], self.ctx.done)


class AnInterrupt(LoopCase):
    def interrupted(self, *what):
        with self.assertRaises(KeyboardInterrupt):
            self.run_it(*what)

    def test_of_a_step_ends_the_scenario_after_its_recovery(self):
        self.interrupted([Do("a", raises(KeyboardInterrupt())), Do("b")], [Do("c")])
        self.assertEqual(["a", "c"], self.ctx.done)
        self.assertEqual([("a", words.HARNESS, "it was interrupted")], self.outcomes())
        self.assertFalse(self.finished.complete)

    def test_of_a_recovery_step_lets_it_begin_again_and_the_others_run(self):
        self.interrupted([Do("a")], [Do("b", Once(KeyboardInterrupt())), Do("c")])
        self.assertEqual(["a", "b", "b", "c"], self.ctx.done)
        self.assertEqual({}, self.ctx.could_not)
        self.finished  # noqa: B018 - is the last line

    def test_of_a_recovery_step_that_comes_again_gives_up_this_step_alone(self):
        self.interrupted([], [Do("a", raises(KeyboardInterrupt())), Do("b")])
        self.assertEqual(["a", "a", "b"], self.ctx.done)
        self.assertEqual({"a": "it was interrupted"}, self.ctx.could_not)

    def test_that_asks_for_the_end_of_the_process_waits_for_the_recovery_too(self):
        with self.assertRaises(SystemExit):
            self.run_it([Do("a", raises(SystemExit(3)))], [Do("b")])
        self.assertEqual(["a", "b"], self.ctx.done)

    def test_between_the_last_step_and_the_recovery_does_not_keep_that_from_running(self):
        # It comes as an exception while the first recovery step is being put on the record.
        self.run_it([Do("a")], [Do("b", says=Once(RuntimeError("interrupted"))), Do("c")])
        self.assertEqual(["a", "b", "c"], self.ctx.done)
        self.assertEqual(["a", "b", "c"], self.phases())
        self.assertEqual({}, self.ctx.could_not)


class TheEnd(LoopCase):
    def test_comes_after_all_observers_have_ended(self):
        ends = []

        def listen(context):
            context.writers.end = lambda reason: ends.append((reason, len(self.lines())))

        self.run_it([Do("a", listen)])
        ((reason, count),) = ends
        self.assertEqual("the scenario is over", reason)
        self.assertEqual(len(self.lines()), count + 1)
        self.finished  # noqa: B018 - is the last line

    def test_comes_even_if_an_observer_cannot_be_ended_and_says_so(self):
        stopped = []

        def spoil(context):
            context.writers.end = Once(RuntimeError("stuck"))
            context.watch.stop = lambda: stopped.append(True)

        self.run_it([Do("a", spoil)])
        self.assertEqual([True], stopped)
        self.assertFalse(self.finished.complete)
        self.assertIn("RuntimeError: stuck", self.events("harness.error")[0].error)


class ARecordThatCannotBeWritten(LoopCase):
    def fill_the_disk(self, context):
        self.path.rename(self.root / "kept.jsonl")
        self.path.mkdir()

    def make_room(self, context):
        self.path.rmdir()
        (self.root / "kept.jsonl").rename(self.path)

    def test_stops_the_steps_but_not_the_recovery_and_is_raised_at_the_end(self):
        speaking = Do("b", lambda context: context.expired("the end"))
        with self.assertRaises(HistoryError):
            self.run_it([Do("a", self.fill_the_disk), speaking], [speaking, Do("c"), Do("d")])
        self.assertEqual(["a", "b", "c", "d"], self.ctx.done)

    def test_for_a_while_is_raised_even_if_it_ends_well(self):
        def fill(context):
            self.fill_the_disk(context)
            try:
                context.expired("something")
            except HistoryError:
                self.make_room(context)

        with self.assertRaises(HistoryError):
            self.run_it([Do("a", fill), Do("b")])
        self.assertTrue(self.finished.complete)
        self.assertIsInstance(self.ctx.history.lost, history.HistoryError)
