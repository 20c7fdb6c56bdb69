# SPDX-License-Identifier: Apache-2.0
"""A scenario as data: its phases, what its servers are and what is expected of them."""

from __future__ import annotations

import unittest
from unittest import mock

from migration_tests import config
from migration_tests.promises import NoPromiseError
from migration_tests.record.words import (
    ACTIVE,
    BEFORE,
    BYSTANDER,
    EVACUATION,
    LIVE_MIGRATION,
    MOMENTS,
    RETURNED,
    REVERT,
    SAME_HOST,
    SHARED,
    STOPPED,
    SUBJECT,
    VOLUME,
)
from migration_tests.runner import placement
from migration_tests.runner.scenario import Scenario
from migration_tests.runner.topology import Subject, Topology
from migration_tests.scenarios import registry
from migration_tests.scenarios.registry import ScenarioError, all_scenarios
from migration_tests.steps.await_ports import AwaitPorts
from migration_tests.steps.cold_migrate import ColdMigrate
from migration_tests.steps.evacuate import Evacuate
from migration_tests.steps.inject import Inject
from migration_tests.steps.live_migrate import LiveMigrate
from migration_tests.steps.revert import Revert
from migration_tests.steps.snapshot import Snapshot

VERSIONS = ("2.74", "2.94", "2.95", "2.100")


def scenario(*done, recovery=(), subjects=(Subject(SHARED),), expect=None, **topology):  # noqa: B008
    return Scenario("s", "t", Topology(subjects, **topology), done, recovery, expect or {})


class Phases(unittest.TestCase):
    def test_have_the_names_of_their_steps_and_a_number_if_they_come_again(self):
        again = scenario(LiveMigrate(), Snapshot(BEFORE), LiveMigrate(), LiveMigrate())
        names = [phase.name for phase in again.phases]
        self.assertEqual(
            ["live_migrate", "snapshot_before", "live_migrate_2", "live_migrate_3"], names
        )
        self.assertEqual(
            ["live_migrate", "snapshot", "live_migrate", "live_migrate"],
            [phase.planned().step for phase in again.phases],
        )

    def test_that_look_are_told_apart_by_their_moments(self):
        looks = scenario(Snapshot(BEFORE), Snapshot(RETURNED))
        self.assertEqual(
            ["snapshot_before", "snapshot_returned"], [phase.name for phase in looks.phases]
        )

    def test_of_the_recovery_come_last_and_are_numbered_on(self):
        both = scenario(AwaitPorts(), recovery=(AwaitPorts(),))
        self.assertEqual(
            [("await_ports", False), ("await_ports_2", True)],
            [(phase.name, phase.recovery) for phase in both.phases],
        )

    def test_of_the_recovery_are_never_interrupted(self):
        both = scenario(AwaitPorts(), recovery=(AwaitPorts(),))
        self.assertEqual([True, False], [phase.planned().interruptible for phase in both.phases])

    def test_say_what_they_put_on_the_record(self):
        (planned,) = (phase.planned() for phase in scenario(Snapshot(BEFORE)).phases)
        self.assertIn("server.snapshot:before", planned.produces)


class AScenario(unittest.TestCase):
    def test_harms_a_host_if_one_of_its_steps_does(self):
        self.assertTrue(scenario(Inject(via="bmc")).disturbs)
        self.assertFalse(scenario(LiveMigrate()).disturbs)

    def test_moves_its_servers_as_often_as_its_steps_do(self):
        both = scenario(LiveMigrate(), Evacuate())
        self.assertEqual(((LiveMigrate(), ""), (Evacuate(), "")), both.moves)

    def test_decides_about_the_move_before(self):
        cold = scenario(ColdMigrate(), Snapshot(BEFORE), Revert())
        self.assertEqual(((ColdMigrate(), REVERT),), cold.moves)
        (found,) = cold.expected(SHARED, STOPPED, "2.95")
        self.assertEqual((REVERT, SAME_HOST), (found.decision, found.place))

    def test_expects_something_of_each_move_and_a_stopped_server_to_be_started_between(self):
        both = scenario(Evacuate(), LiveMigrate())
        first, second = both.expected(SHARED, STOPPED, "2.95")
        self.assertEqual((EVACUATION, STOPPED, "none"), (first.move, first.end, first.memory))
        self.assertEqual((LIVE_MIGRATION, ACTIVE), (second.move, second.end))

    def test_departs_from_the_table_where_it_says_so(self):
        departing = scenario(LiveMigrate(), expect={"gap_limit": "block_gap_limit"})
        (found,) = departing.expected(SHARED, ACTIVE, "2.95")
        self.assertEqual("block_gap_limit", found.gap_limit)

    def test_that_nobody_promises_anything_for_is_an_error(self):
        with self.assertRaises(NoPromiseError):
            scenario(LiveMigrate()).expected(SHARED, STOPPED, "2.95")


class ItsServers(unittest.TestCase):
    def test_are_one_for_each_count_of_a_subject_and_then_the_bystanders(self):
        subjects = (Subject(SHARED, count=2), Subject(VOLUME, state=STOPPED))
        crowd = scenario(Evacuate(), subjects=subjects, bystanders=2)
        servers = crowd.planned_servers("2.95", {SHARED: "c1", VOLUME: "c1"}, "c2")
        self.assertEqual(
            [
                ("shared-subject-1", SUBJECT, "c1", ACTIVE),
                ("shared-subject-2", SUBJECT, "c1", ACTIVE),
                ("volume-subject-3", SUBJECT, "c1", STOPPED),
                ("shared-bystander-4", BYSTANDER, "c2", ACTIVE),
                ("shared-bystander-5", BYSTANDER, "c2", ACTIVE),
            ],
            [(one.name, one.role, one.host, one.state) for one in servers],
        )
        self.assertEqual([1, 1, 1, 0, 0], [len(one.expected) for one in servers])

    def test_have_names_of_their_own(self):
        for declared in all_scenarios():
            names = [one.name for one in declared.planned_servers("2.95")]
            self.assertEqual(len(names), len(set(names)))


class EveryScenario(unittest.TestCase):
    def test_stands_in_a_file_of_its_name_with_a_title(self):
        names = [one.name for one in all_scenarios()]
        self.assertEqual(sorted(names), names)
        self.assertIn("evacuate_shared", names)
        for one in all_scenarios():
            self.assertNotIn("{", one.title.format(source="c1"))

    def test_is_promised_something_at_every_version(self):
        for one in all_scenarios():
            for api in VERSIONS:
                for server in one.planned_servers(api):
                    moves = [
                        step.move
                        for step, _ in one.moves
                        if server.role == SUBJECT and step.departs(server.storage) is not None
                    ]
                    self.assertEqual(moves, [found.move for found in server.expected])

    def test_names_only_options_that_there_are(self):
        options = {option.name for option in config.LIMIT_OPTIONS}
        for one in all_scenarios():
            for server in one.planned_servers("2.95"):
                self.assertLessEqual({e.gap_limit for e in server.expected} - {""}, options)

    def test_has_phases_with_names_of_their_own(self):
        for one in all_scenarios():
            names = [phase.name for phase in one.phases]
            self.assertEqual(len(names), len(set(names)))

    def test_that_harms_a_host_brings_it_back(self):
        for one in all_scenarios():
            recovery = [phase.step.name for phase in one.phases if phase.recovery]
            if one.disturbs:
                back = [name for name in recovery if name != "open_hosts"]
                self.assertEqual(["power_on", "await_clean_up", "give_back"], back[:3])

    def test_looks_at_the_servers_and_hosts_before_and_whatever_happened_afterwards(self):
        for one in all_scenarios():
            for kind in ("snapshot", "inspect_hosts"):
                looks = [(p.step.moment, p.recovery) for p in one.phases if p.step.name == kind]
                self.assertEqual((BEFORE, False), looks[0], one.name)
                self.assertTrue(looks[-1][1], f"{one.name}: the last {kind} is no recovery")

    def test_plans_looks_at_moments_that_there_are(self):
        for one in all_scenarios():
            for phase in placement.declared(one, "2.95").phases:
                moments = {text.partition(":")[2] for text in phase.produces} - {""}
                more = {"device", "disks", "last", "details"}  # that a field is filled in
                self.assertLessEqual(moments - more, set(MOMENTS))


class TheRegistry(unittest.TestCase):
    def find(self, **modules):
        listed = [mock.Mock() for _ in modules]
        for one, name in zip(listed, modules, strict=True):
            one.name = name
        loaded = {
            f"migration_tests.scenarios.{name}": type(name, (), values)
            for name, values in modules.items()
        }
        with (
            mock.patch.object(registry.pkgutil, "iter_modules", return_value=listed),
            mock.patch.object(registry.importlib, "import_module", loaded.get),
        ):
            return all_scenarios.__wrapped__()

    def named(self, name):
        return Scenario(name, "t", Topology((Subject(SHARED),)), ())

    def test_finds_what_a_module_declares_whatever_it_is_called_there(self):
        one = self.named("a")
        self.assertEqual((one,), self.find(a={"SCENARIO": one}, parts={"X": (1,)}))

    def test_refuses_a_scenario_in_a_file_of_another_name(self):
        with self.assertRaisesRegex(ScenarioError, "the scenario b stands in a.py"):
            self.find(a={"SCENARIO": self.named("b")})

    def test_refuses_a_second_scenario_in_a_file_even_of_the_same_name(self):
        with self.assertRaisesRegex(ScenarioError, "a.py declares several scenarios"):
            self.find(a={"ONE": self.named("a"), "TWO": self.named("a")})


if __name__ == "__main__":
    unittest.main()
