# SPDX-License-Identifier: Apache-2.0
"""What a scenario cost: the cloud's own time, requests, verdicts for each host that died."""

from __future__ import annotations

import unittest
from types import SimpleNamespace

from migration_tests.cloud.counting import RequestCount
from migration_tests.judges.costs import length
from migration_tests.judges.document import build
from migration_tests.record.events import RequestsCounted, ScenarioFinished
from migration_tests.record.verdicts import FAIL, PASS
from migration_tests.report import table
from migration_tests.tests.unit import healthy_live as live
from migration_tests.tests.unit import healthy_record as healthy
from migration_tests.tests.unit import record_parts as parts


class Spans(unittest.TestCase):
    def test_that_overlap_count_once(self):
        self.assertEqual(0, length([]))
        self.assertEqual(7, length([(0, 5), (3, 4), (4, 6), (10, 11)]))


class Costs(unittest.TestCase):
    def costs(self, record=healthy, *spoils):
        events = parts.spoiled(record.healthy(), *spoils)
        self.built = build(record.lines(events), "20261121T010203Z")
        found = {one.name: one for one in self.built.measures}
        return {name: one for name, one in found.items() if name.startswith("cost.")}

    def test_of_an_evacuation(self):
        found = self.costs(healthy, parts.with_events((180.0, RequestsCounted(requests=400))))
        wall, cloud = found["cost.wall_time"], found["cost.cloud_time"]
        self.assertGreater(wall.value, cloud.value)
        self.assertGreater(cloud.value, 0)
        self.assertAlmostEqual(wall.value / cloud.value, found["cost.time_ratio"].value, 1)
        subjects = set(healthy.SUBJECTS)
        judged = [
            one
            for one in self.built.verdicts
            if one.outcome in (PASS, FAIL) and one.server in subjects
        ]
        self.assertEqual(len(judged), found["cost.verdicts_per_kill"].value)
        self.assertEqual(400 / len(subjects), found["cost.requests_per_move"].value)
        text = table.render(self.built)
        self.assertRegex(text, r"seconds +the cloud's +ratio +verdicts a kill +requests a move")
        self.assertIn("The suite took", text)
        self.assertNotIn("cost.", text)

    def test_without_a_death_are_none_for_it(self):
        found = self.costs(live)
        self.assertNotIn("cost.verdicts_per_kill", found)
        self.assertNotIn("cost.requests_per_move", found)
        self.assertIn("cost.wall_time", found)

    def test_of_a_scenario_that_did_not_go_to_its_end_are_not_said(self):
        self.assertEqual({}, self.costs(healthy, parts.without(ScenarioFinished)))


class Requests(unittest.TestCase):
    def test_of_all_managers_are_counted_once_each(self):
        asked = []
        one = SimpleNamespace(auth_provider=SimpleNamespace(auth_request=asked.append))
        other = SimpleNamespace(auth_provider=one.auth_provider)
        third = SimpleNamespace(auth_provider=SimpleNamespace(auth_request=asked.append))
        count = RequestCount(one, other, third)
        one.auth_provider.auth_request("a")
        third.auth_provider.auth_request("b")
        self.assertEqual((2, ["a", "b"]), (count.total, asked))
