# SPDX-License-Identifier: Apache-2.0
"""Profiles: which scenarios they hold, how long these take, what their tests are called."""

from __future__ import annotations

import re
import unittest

from migration_tests.record import words
from migration_tests.scenarios import profiles
from migration_tests.scenarios.registry import all_scenarios
from migration_tests.tests.unit.test_scenario_classes import CASES

MINUTES = {words.QUICK: 6, words.STANDARD: 45}  # the longest that each may be planned to take


class AProfile(unittest.TestCase):
    def test_holds_all_that_the_smaller_ones_do_and_the_largest_holds_everything(self):
        former: set[str] = set()
        for profile in words.PROFILES:
            names = {one.name for one in profiles.of(profile)}
            self.assertLess(former, names)
            former = names
        self.assertEqual({one.name for one in all_scenarios()}, former)

    def test_takes_no_longer_than_it_may(self):
        for profile, minutes in MINUTES.items():
            seconds = sum(one.budget for one in profiles.of(profile))
            self.assertLessEqual(seconds, minutes * 60, profile)

    def test_lets_a_host_die_in_each_way_with_each_kind_of_storage_on_it(self):
        found = profiles.deaths(profiles.of(words.FULL))
        ways = {way for way, _ in found}
        self.assertEqual(
            {"switched off by its BMC", "switched off over SSH", "crashed over SSH"}, ways
        )
        every = {(way, storage) for way in ways for storage in words.STORAGES}
        self.assertEqual(every, set(found))
        self.assertIn("evacuate_shared", found["switched off by its BMC", words.SHARED])

    def test_finds_the_test_classes_of_its_scenarios_and_no_other(self):
        for profile in words.PROFILES:
            scenarios = profiles.of(profile)
            found = re.compile(profiles.regex(scenarios))
            for case in CASES:
                name = f"{case.__module__}.{case.__qualname__}.test_x"
                self.assertEqual(case.scenario in scenarios, bool(found.search(name)), name)

    def test_knows_how_long_the_scenario_of_a_test_takes(self):
        for case in CASES:
            name = f"{case.__module__}.{case.__qualname__}.test_x[id-1]"
            self.assertEqual(case.scenario.budget, profiles.budget(name))
            self.assertGreater(case.scenario.budget, 0)
        self.assertEqual(0, profiles.budget("some.other.Case.test_x"))
