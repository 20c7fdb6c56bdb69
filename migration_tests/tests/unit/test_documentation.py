# SPDX-License-Identifier: Apache-2.0
"""The documentation against the code: what is registered is described."""

from __future__ import annotations

import ast
import re
import tomllib
import unittest
from pathlib import Path

from migration_tests import config
from migration_tests.judges import JUDGES
from migration_tests.judges.document import build
from migration_tests.tests.unit import told_story as told

TOP = Path(__file__).resolve().parents[3]
REFERENCE = TOP / "doc" / "source" / "reference"


def page(name):
    return (REFERENCE / name).read_text(encoding="utf-8")


def listed(text):
    """Return the names that begin the rows of a page's tables."""
    return re.findall(r"^   - \* ``([\w.]+)``$", text, re.MULTILINE)


@unittest.skipUnless(REFERENCE.is_dir(), "the documentation is not part of an installed package")
class Documentation(unittest.TestCase):
    def test_describes_every_judge_and_no_other(self):
        described = listed(page("judges.rst"))
        self.assertEqual(sorted(judge.name for judge in JUDGES), sorted(described))

    def test_names_only_judges_that_exist_as_judges_of_promises(self):
        said = re.findall(r"(?:J|j)udged by([^.;]*)", page("promises.rst"))
        named = set(re.findall(r"``(\w+)``", " ".join(said)))
        self.assertTrue(named)
        self.assertEqual(set(), named - {judge.name for judge in JUDGES})

    def test_describes_every_measure_of_a_healthy_story(self):
        measures = build(told.lines(told.healthy()), "run").measures
        described = set(listed(page("measures.rst")))
        self.assertEqual(set(), {measure.name for measure in measures} - described)

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
        known = {judge.name for judge in JUDGES}
        for path in (TOP / "lab" / "defects").glob("[!_]*.py"):
            found = re.search(
                r"^JUDGES = (\(.*\))$", path.read_text(encoding="utf-8"), re.MULTILINE
            )
            judges = ast.literal_eval(found[1])
            self.assertEqual(set(), set(judges) - known, path.name)
            row = re.search(rf"^   - \* ``{path.stem}``\n((?:     .*\n)+)", text, re.MULTILINE)
            for judge in judges:
                self.assertIn(f"``{judge}``", row[1], path.name)

    def test_has_a_sample_with_every_option(self):
        sample = (TOP / "etc" / "migration-chaos-tempest.conf.sample").read_text(encoding="utf-8")
        options = set(re.findall(r"^#(\w+) =", sample, re.MULTILINE))
        self.assertEqual({option.name for option in config.OPTIONS}, options)


if __name__ == "__main__":
    unittest.main()
