# SPDX-License-Identifier: Apache-2.0
"""The test classes against the judges: each asks what arises in its scenario, and nothing else."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import unittest
import uuid

from migration_tests import config, judges, steps
from migration_tests.judges.registry import GROUPS
from migration_tests.runner import placement
from migration_tests.runner.step import Step
from migration_tests.scenarios.registry import all_scenarios
from migration_tests.tests import scenario as classes
from migration_tests.tests.scenario import mixins
from migration_tests.tests.scenario.base import ScenarioTestCase

VERSIONS = ("2.74", "2.94", "2.95")
(HIGHEST,) = (one.default for one in config.OPTIONS if one.name == "compute_microversion")


def modules(package):
    """All modules of a package, imported."""
    found = pkgutil.iter_modules(package.__path__, f"{package.__name__}.")
    return [importlib.import_module(module.name) for module in found]


def declared_in(module, kind):
    """The classes of a kind that a module declares itself."""
    return [
        value
        for value in vars(module).values()
        if inspect.isclass(value)
        and issubclass(value, kind)
        and value.__module__ == module.__name__
    ]


CASES = [
    case
    for module in modules(classes)
    for case in declared_in(module, ScenarioTestCase)
    if case is not ScenarioTestCase
]
MIXINS = [one for one in declared_in(mixins, object) if one is not mixins.Asks]


def tests(case):
    return {name for name in dir(case) if name.startswith("test_")}


def identity(case, name):
    """The UUID of a test method, as Tempest's decorator keeps it."""
    attributes = getattr(getattr(case, name), "__testtools_attrs")
    (found,) = (one.removeprefix("id-") for one in attributes if one.startswith("id-"))
    return str(uuid.UUID(found))


class ATestClass(unittest.TestCase):
    def test_there_is_for_every_scenario_and_one_only(self):
        scenarios = [case.scenario.name for case in CASES]
        self.assertEqual(sorted(one.name for one in all_scenarios()), sorted(scenarios))

    def test_asks_exactly_what_arises_in_its_scenario_at_every_version(self):
        for case in CASES:
            for api in (*VERSIONS, HIGHEST):
                with self.subTest(case.__name__, api=api):
                    plan = placement.declared(case.scenario, api)
                    asked = {name.removeprefix("test_") for name in tests(case)}
                    applying = set(judges.applying(plan))
                    storages = case.scenario.topology.storages
                    if any(case.scenario.left_out(storage, api) for storage in storages):
                        # What is asked of servers that are left out does not arise.
                        self.assertLess(applying, asked)
                    else:
                        self.assertEqual(applying, asked)

    def test_is_put_together_of_mixins_and_has_no_test_of_its_own(self):
        for case in CASES:
            own = {name for name in vars(case) if name.startswith("test_")}
            self.assertEqual(set(), own)
            self.assertIn("scenario", vars(case))

    def test_runs_alone(self):
        for case in CASES:
            self.assertTrue(case.is_serial_execution_requested(), case.__name__)

    def test_knows_beforehand_what_its_tests_will_be_called(self):
        for case in CASES:
            found = unittest.TestLoader().loadTestsFromTestCase(case)
            planned = {test: (judge, name) for judge, test, name in case.planned_tests()}
            self.assertEqual({test.id() for test in found}, set(planned))
            for test, (judge, name) in planned.items():
                self.assertIn(f"test_{judge}[", test)
                self.assertEqual(identity(case, f"test_{judge}"), name)

    def test_asks_each_question_by_its_name(self):
        for case in CASES:
            for name in tests(case):
                asked = []
                one = case(name)
                one.ask = asked.append
                getattr(one, name)()
                self.assertEqual([name.removeprefix("test_")], asked)


class AMixin(unittest.TestCase):
    def test_there_is_for_every_group_with_all_its_judges(self):
        groups = judges.by_group()
        found = {frozenset(name.removeprefix("test_") for name in tests(one)) for one in MIXINS}
        wanted = {frozenset(judge.name for judge in group) for group in groups.values()}
        self.assertEqual(wanted, found)
        self.assertEqual(len(MIXINS), len(found))
        self.assertEqual(set(GROUPS), set(groups))

    def test_method_says_what_it_asks(self):
        for one in MIXINS:
            self.assertTrue(one.__doc__)
            for name in tests(one):
                self.assertTrue(getattr(one, name).__doc__, name)

    def test_method_has_a_uuid_of_its_own(self):
        uuids = [identity(one, name) for one in MIXINS for name in tests(one)]
        self.assertEqual(len(uuids), len(set(uuids)))
        self.assertEqual(len(judges.registered()), len(uuids))


class AStepsModule(unittest.TestCase):
    def test_declares_one_step_at_most(self):
        for module in modules(steps):
            self.assertLessEqual(len(declared_in(module, Step)), 1, module.__name__)

    def test_has_the_name_of_its_step(self):
        for module in modules(steps):
            for step in declared_in(module, Step):
                self.assertEqual(module.__name__.rpartition(".")[2], step.name)

    def test_says_what_its_step_does(self):
        found = [step for module in modules(steps) for step in declared_in(module, Step)]
        self.assertGreater(len(found), 20)
        for step in found:
            self.assertRegex(step.doing, r"^[\w-]+ing ")

    def test_holds_a_step_that_no_other_is_named_like(self):
        names = [step.name for module in modules(steps) for step in declared_in(module, Step)]
        self.assertEqual(len(names), len(set(names)))

    def test_stops_are_held_against_steps_that_there_are(self):
        names = {step.name for module in modules(steps) for step in declared_in(module, Step)}
        held = {name for judge in judges.registered() for name in judge.steps}
        # A resize will be a step, too.
        self.assertLessEqual(held - names, {"resize"})


class Evidence(unittest.TestCase):
    def test_that_a_judge_needs_is_put_on_the_record_by_some_scenario(self):
        planned = set()
        for one in all_scenarios():
            plan = placement.declared(one, HIGHEST)
            planned |= {*plan.watched, *(text for phase in plan.phases for text in phase.produces)}
        needed = {text for judge in judges.registered() for text in judge.evidence}
        self.assertEqual(set(), {text for text in needed if not self.there(text, planned)})

    @staticmethod
    def there(text, planned):
        kinds = {one.partition(":")[0] for one in planned}
        return text in planned or (":" not in text and text in kinds)
