# SPDX-License-Identifier: Apache-2.0
"""The table: all of it comes from verdicts.json, and only a pass goes unexplained."""

from __future__ import annotations

import unittest

from migration_tests import judges
from migration_tests.judges.document import build
from migration_tests.record.events import ScenarioSkipped
from migration_tests.record.verdicts import FAIL, PASS, SKIP, UNKNOWN, Run, Verdict, Verdicts
from migration_tests.report import matrix, table
from migration_tests.tests.unit import healthy_live as live
from migration_tests.tests.unit import healthy_record as healthy
from migration_tests.tests.unit import record_parts as parts
from migration_tests.tests.unit.breakages import BREAKAGES


def rendered(what=None, record=healthy):
    spoils = BREAKAGES[what][0] if what else ()
    events = parts.spoiled(record.healthy(), *spoils)
    return table.render(build(record.lines(events), "20261121T010203Z"))


def one_line(text):
    return " ".join(text.split())


class Table(unittest.TestCase):
    def test_of_a_healthy_scenario_has_a_row_for_each_judge_and_a_column_for_each_server(self):
        text = rendered()
        self.assertIn("evacuation\n==========", text)
        row = next(line for line in text.splitlines() if line.startswith("ssh_answers"))
        self.assertEqual(4, row.count("pass"))
        self.assertRegex(text, r"\d+ pass, 0 fail, 0 unknown, 22 skip\. Every promise")
        self.assertNotIn("UNKNOWN", text)

    def test_says_how_many_judges_applied_and_why_not_the_others(self):
        text = one_line(rendered())
        all_of = len(judges.registered())
        self.assertIn(f"{all_of - 22} of {all_of} judges applied, to 5 servers.", text)
        self.assertIn(
            "migration_completed: not applicable: there is no server that is migrated in this"
            " scenario.",
            text,
        )
        text = rendered(record=live)
        self.assertNotIn("\nhost_died ", text)
        self.assertIn(
            "host_died, service_seen_down, host_recovered, host_given_back: not applicable:"
            " there is no host that is disturbed in this scenario.",
            one_line(text),
        )

    def test_explains_a_failure_with_what_was_expected_and_found_and_where_it_stands(self):
        text = rendered("the MAC changed")
        self.assertRegex(text, r"FAIL: mac_kept \(shared id\)")
        for part in ("changed from mac-id-shared to new.", "expected: ", "found: new", "lines "):
            self.assertIn(part, text)
        self.assertIn("Promises were broken", text)

    def test_gives_equal_reasons_once_with_all_they_hold_for(self):
        text = rendered("the evacuation is refused")
        self.assertEqual(1, text.count("skip: "))
        self.assertEqual(1, text.count("not judged:"))
        self.assertIn("destination_whole", one_line(text))

    def test_gives_measures_with_unit_and_error(self):
        text = rendered()
        self.assertRegex(text, r"bystander\.longest_gap +0\.02 ±0\.02 s")
        self.assertRegex(text, r"writes\.acknowledged +100 records")

    def test_keeps_its_lines_short_enough_for_a_terminal(self):
        for what in list(BREAKAGES)[::5]:
            for line in rendered(what).splitlines():
                self.assertLessEqual(len(line), table.WIDTH, line)

    def test_that_would_be_too_wide_is_several_with_all_columns(self):
        measured = rendered().partition("\nmeasured ")[2]
        first, _, second = measured.partition("\nmeasured ")
        self.assertIn("recovery.host_booted", first)
        self.assertNotIn("bystander.longest_gap", first)
        self.assertIn("bystander.longest_gap", second)
        self.assertNotIn("recovery.host_booted", second)

    def test_of_a_scenario_that_was_not_run_is_one_line_with_the_reason(self):
        events = [(0, ScenarioSkipped(reason="the hosts file\n  is empty"))]
        text = table.render(build(healthy.lines(events), "run"))
        self.assertIn(f"skip: all {len(judges.registered())} verdicts", text)
        self.assertIn("not run: the hosts file is empty.", text)
        self.assertNotIn("host_died", text)

    def test_of_nothing_says_so(self):
        run = Run(id="r", started="s", finished=None, suite="", cloud="", profile="")
        text = table.render(Verdicts(run=run, verdicts=(), measures=()))
        self.assertIn("cut off before its end", text)
        self.assertIn("0 pass, 0 fail, 0 unknown, 0 skip. Nothing was judged.", text)


def verdict(scenario, group, outcome, storage=None):
    return Verdict(
        scenario=scenario,
        judge=f"{group}_judge",
        storage=storage,
        server=storage and f"id-{storage}",
        outcome=outcome,
        reason="" if outcome == PASS else "so it is",
        group=group,
    )


class Matrix(unittest.TestCase):
    def test_shows_the_worst_of_each_group_by_scenario_and_storage(self):
        text = matrix.render(
            [
                verdict("one", "host_died", PASS),
                verdict("one", "moved", PASS, "shared"),
                verdict("one", "moved", FAIL, "shared"),
                verdict("one", "moved", UNKNOWN, "volume"),
                verdict("one", "moved", PASS, "volume"),
                verdict("two", "moved", SKIP, "shared"),
                verdict("two", "", UNKNOWN),
            ]
        )
        self.assertEqual(
            [
                "          a b c  passed",
                "one       +      1 of 1",
                "  shared    F    1 of 2",
                "  volume    ?    1 of 2",
                "two           ?  0 of 1",
                "  shared    -    0 of 0",
                "",
                "+ pass, F fail, f fail by a known bug, ? unknown, - not judged",
                "a host died, b moved, c others",
            ],
            text.splitlines(),
        )

    def test_names_a_scenario_of_which_only_servers_were_asked(self):
        text = matrix.render([verdict("one", "moved", PASS, "shared")])
        self.assertEqual(["one", "  shared  +  1 of 1"], text.splitlines()[1:3])

    def test_stands_before_the_sum_of_a_run_of_several_scenarios(self):
        run = Run(id="r", started="", finished="", suite="", cloud="", profile="")
        found = (verdict("one", "moved", PASS, "shared"), verdict("two", "moved", PASS, "shared"))
        text = table.render(Verdicts(run=run, verdicts=found, measures=()))
        self.assertRegex(text, r"a moved\n\n2 pass")
        text = table.render(Verdicts(run=run, verdicts=found[:1], measures=()))
        self.assertNotIn("a moved", text)
