# SPDX-License-Identifier: Apache-2.0
"""The documentation against the code: what is registered is described."""

from __future__ import annotations

import ast
import importlib.util
import re
import tomllib
import unittest
from pathlib import Path

from migration_tests import config, judges
from migration_tests.judges.document import build
from migration_tests.promises import ROWS
from migration_tests.record.events import DomainsSeen, HostInspected
from migration_tests.record.events import __all__ as events
from migration_tests.scenarios.registry import all_scenarios
from migration_tests.tests.unit import healthy_live, healthy_record

TOP = Path(__file__).resolve().parents[3]
REFERENCE = TOP / "doc" / "source" / "reference"


def page(name):
    return (REFERENCE / name).read_text(encoding="utf-8")


def listed(text):
    """Return the names that begin the rows of a page's tables."""
    return re.findall(r"^   (?:- \*|\* -) ``([\w.]+)``$", text, re.MULTILINE)


def extension():
    """Return the module that prints the suite's own tables."""
    path = REFERENCE.parent / "_ext" / "suite_tables.py"
    spec = importlib.util.spec_from_file_location("suite_tables", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@unittest.skipUnless(REFERENCE.is_dir(), "the documentation is not part of an installed package")
class Documentation(unittest.TestCase):
    def test_describes_every_judge_and_no_other(self):
        printed = "\n".join(extension().all_judges())
        described = listed(printed)
        self.assertEqual(sorted(judge.name for judge in judges.registered()), sorted(described))
        self.assertIn(".. suite-all-judges::", page("judges.rst"))

    def test_says_of_every_judge_what_it_asks_and_what_its_failure_means(self):
        printed = "\n".join(extension().all_judges())
        for judge in judges.registered():
            self.assertIn(judge.question.replace("_", "\\_"), printed)
            self.assertGreater(len(judge.means), 20, judge.name)
            self.assertIn(judge.means.removesuffix("."), printed)
        for title in judges.by_group():
            self.assertIn(f"\n{title.replace('_', ' ').capitalize()}\n---", f"\n{printed}")

    def test_names_only_judges_that_exist_as_judges_of_promises(self):
        said = re.findall(r"(?:J|j)udged by([^.;]*)", page("promises.rst"))
        named = set(re.findall(r"``(\w+)``", " ".join(said)))
        self.assertTrue(named)
        self.assertEqual(set(), named - {judge.name for judge in judges.registered()})

    def test_describes_every_measure_of_healthy_scenarios(self):
        described = set(listed(page("measures.rst")))
        for healthy in (healthy_record, healthy_live):
            measures = build(healthy.lines(healthy.healthy()), "run").measures
            self.assertTrue(measures)
            names = {re.sub(r"^known_bug\..*", "known_bug.ID", one.name) for one in measures}
            self.assertEqual(set(), names - described)

    # That no other is described is seen by building the documentation.
    def test_describes_every_registered_command(self):
        project = tomllib.loads((TOP / "pyproject.toml").read_text(encoding="utf-8"))["project"]
        commands = project["entry-points"]["migration_chaos.cli"]
        described = re.findall(r"^   :command: (.+)$", page("commands.rst"), re.MULTILINE)
        self.assertEqual(set(), {name.replace("_", " ") for name in commands} - set(described))

    def test_names_every_defect_and_every_remedy_of_the_lab(self):
        pages = {"defects": "contributor/defects", "remedies": "lab/what-is-real"}
        for folder, where in pages.items():
            text = (REFERENCE.parent / f"{where}.rst").read_text(encoding="utf-8")
            for path in (TOP / "lab" / folder).glob("*.py"):
                if path.stem != "__init__":
                    self.assertIn(path.stem, text, f"{path.name} is not in {where}.rst")

    def test_names_for_every_defect_judges_that_there_are_and_that_the_defect_names(self):
        text = (REFERENCE.parent / "contributor" / "defects.rst").read_text(encoding="utf-8")
        known = {judge.name for judge in judges.registered()}
        for path in (TOP / "lab" / "defects").glob("[!_]*.py"):
            found = re.search(
                r"^JUDGES = (\(.*\))$", path.read_text(encoding="utf-8"), re.MULTILINE
            )
            must_fail = ast.literal_eval(found[1])
            self.assertEqual(set(), set(must_fail) - known, path.name)
            row = re.search(rf"^   - \* ``{path.stem}``\n((?:     .*\n)+)", text, re.MULTILINE)
            for judge in must_fail:
                self.assertIn(f"``{judge}``", row[1], path.name)

    def test_has_a_sample_with_every_option(self):
        sample = (TOP / "etc" / "migration-chaos-tempest.conf.sample").read_text(encoding="utf-8")
        options = set(re.findall(r"^#(\w+) =", sample, re.MULTILINE))
        self.assertEqual({option.name for option in config.OPTIONS}, options)

    def test_prints_every_scenario_with_how_many_judges_apply(self):
        printed = "\n".join(extension().scenarios())
        for scenario in all_scenarios():
            self.assertIn(f"{scenario.name}\n{'-' * len(scenario.name)}\n", printed)
        every = len(judges.registered())
        counts = re.findall(rf"^(\d+) of {every} judges apply:$", printed, re.MULTILINE)
        self.assertEqual(len(all_scenarios()), len(counts))
        self.assertGreater(min(map(int, counts)), 6)

    def test_begins_with_how_many_judges_and_scenarios_there_are(self):
        text = " ".join((TOP / "README.rst").read_text(encoding="utf-8").split())
        self.assertIn(f"by {len(judges.registered())} judges that ask one question each", text)
        self.assertIn(f"There are {len(all_scenarios())} scenarios,", text)

    def test_prints_every_row_of_the_promises(self):
        printed = "\n".join(extension().promises())
        self.assertEqual(len(ROWS), printed.count("   * - ") - 1)
        self.assertIn("``live_gap_limit``", printed)

    def test_prints_every_event_with_what_its_source_says_of_each_field(self):
        tables = extension()
        printed = "\n".join(tables.events())
        for name in events:
            self.assertIn(f"``{name}``: ", printed)
        self.assertIn("binding:host\\_id", printed)
        pause = tables.comments(DomainsSeen)["longest_pause"]
        self.assertTrue(pause.endswith("the one from the look before the first of these included"))
        marks = tables.comments(HostInspected)["marks"]
        self.assertTrue(marks.startswith("(server, mark) of its folder"))

    def test_says_of_every_field_that_no_judge_reads_why_it_is_there(self):
        few, many = extension().unread()
        printed = "\n".join(extension().events())
        self.assertEqual(few, printed.count("*No judge reads it:*"))
        self.assertLessEqual(few, many / 5)


if __name__ == "__main__":
    unittest.main()
