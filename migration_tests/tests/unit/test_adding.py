# SPDX-License-Identifier: Apache-2.0
"""What the page on adding shows is true: each diff is applied to a copy, and tried there."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import textwrap
import unittest
from pathlib import Path

import migration_tests

PACKAGE = Path(migration_tests.__file__).parent
PAGE = PACKAGE.parent / "doc" / "source" / "contributor" / "adding.rst"
DOING = "flushing the disks of the servers"
RECORDED = Path(__file__).with_name("recorded") / "shared_host_off_over_ipmi.jsonl"

# Prints, for each test class: its scenario, its tests, the judges that apply to its scenario.
CLASSES = """
import importlib, json, pkgutil
from migration_tests import judges
from migration_tests.runner import placement
from migration_tests.scenarios.registry import all_scenarios
from migration_tests.tests import scenario as package
from migration_tests.tests.scenario.base import ScenarioTestCase

found = {}
for module in pkgutil.iter_modules(package.__path__, package.__name__ + "."):
    for case in vars(importlib.import_module(module.name)).values():
        if isinstance(case, type) and issubclass(case, ScenarioTestCase):
            if "scenario" in vars(case):
                plan = placement.declared(case.scenario, "2.95")
                found[case.__name__] = (
                    case.scenario.name,
                    sorted(judge for judge, _, _ in case.planned_tests()),
                    sorted(judges.applying(plan)),
                )
print(json.dumps([found, [one.name for one in all_scenarios()]]))
"""

# Judges a record as it is, and with every status spoiled; prints the outcomes of one judge.
JUDGE = """
import dataclasses, json, sys
from pathlib import Path
from migration_tests import judges
from migration_tests.judges.course import scenarios
from migration_tests.record import history
from migration_tests.record.events import ServerSeen

lines = history.read(Path(sys.argv[1]))
(scenario, *_) = scenarios(lines)
spoiled = [
    dataclasses.replace(line, event=dataclasses.replace(line.event, status="ERROR"))
    if isinstance(line.event, ServerSeen) and line.event.status == "SHUTOFF"
    else line
    for line in lines
]

def outcomes(lines):
    verdicts = judges.judge(lines, scenario)
    return [one.outcome for one in verdicts if one.judge == "never_in_error"]

print(json.dumps([outcomes(lines), outcomes(spoiled)]))
"""

# Runs a scenario of the new step in two servers; prints what they were asked and what is recorded.
STEP = """
import json, sys
from pathlib import Path
from migration_tests.guest.shell import GuestCommandError
from migration_tests.record import history
from migration_tests.runner.loop import ScenarioRun
from migration_tests.runner.scenario import Scenario
from migration_tests.runner.settings import Times
from migration_tests.runner.topology import Subject, Topology
from migration_tests.steps.sync_disks import SyncDisks

class Shell:
    asked = []
    def __init__(self, breaks):
        self.breaks = breaks
    def check(self, script, deadline):
        self.asked.append(script)
        if self.breaks:
            raise GuestCommandError("no room on the disk")

class Context:
    phase, could_not, times = "", {}, Times()
    def __init__(self, path, breaks):
        self.history = history.History(path)
        self.record = self.history.recorder("flushed", "scenario")
        self.shells = {"one": Shell(False), "two": Shell(breaks)}
    def close(self):
        pass

flushed = Scenario("flushed", "t", Topology((Subject("shared"),)), (SyncDisks(),))
found = []
for breaks in (False, True):
    path = Path(sys.argv[1]) / f"history-{breaks}.jsonl"
    ScenarioRun(flushed, Context(path, breaks)).run()
    found.append([[line.kind, line.event.to_data()] for line in history.read(path)])
print(json.dumps([Shell.asked, *found]))
"""


def diff(name):
    """Return the diff of a name on the page."""
    text = PAGE.read_text(encoding="utf-8")
    found = re.search(
        rf"^\.\. code-block:: diff\n   :name: {name}\n\n((?:   .*\n|\n)+)", text, re.MULTILINE
    )
    assert found, f"{PAGE} has no diff named {name}"
    # A blank line of the context has lost its blanks to the page.
    lines = [line[3:] or " " for line in found[1].rstrip("\n").split("\n")]
    return "\n".join(lines) + "\n"


@unittest.skipUnless(PAGE.exists(), "the documentation is not part of an installed package")
class Adding(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.top = Path(folder.name)
        leave = shutil.ignore_patterns("__pycache__", "unit")
        shutil.copytree(PACKAGE, self.top / "migration_tests", ignore=leave)

    def apply(self, name):
        """Apply a diff of the page; return which files are new, and lines added to each file."""
        text = diff(name)
        self.git("apply", "-", text=text)
        counted = self.git("apply", "--numstat", "-", text=text)
        added = {}
        for line in counted.splitlines():
            more, less, path = line.split("\t")
            self.assertEqual("0", less, f"{path} loses lines")
            added[path.removeprefix("migration_tests/")] = int(more)
        new = re.findall(r"^--- /dev/null\n\+\+\+ b/migration_tests/(.*)$", text, re.MULTILINE)
        return set(new), added

    def git(self, *words, text):
        environment = {**os.environ, "GIT_CEILING_DIRECTORIES": str(self.top.parent)}
        ended = subprocess.run(
            ["git", *words],
            input=text,
            cwd=self.top,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        self.assertEqual(0, ended.returncode, ended.stderr)
        return ended.stdout

    def python(self, script, *words):
        """Run a script with the copy in place of the package; return what it prints."""
        ended = subprocess.run(
            [sys.executable, "-c", textwrap.dedent(script), *words],
            cwd=self.top,
            env={**os.environ, "PYTHONPATH": str(self.top), "PYTHONDONTWRITEBYTECODE": "1"},
            capture_output=True,
            text=True,
            check=False,
        )
        self.assertEqual(0, ended.returncode, ended.stderr)
        return json.loads(ended.stdout)

    def assert_all_agree(self):
        """Each class asks what arises in its scenario; return the classes and the scenarios."""
        classes, scenarios = self.python(CLASSES)
        for name, (_, asked, applying) in classes.items():
            self.assertEqual(applying, asked, name)
        self.assertEqual(sorted(scenarios), sorted(one[0] for one in classes.values()))
        return classes, scenarios

    def test_a_judge_takes_a_file_and_a_method(self):
        new, added = self.apply("add-a-judge")
        self.assertEqual({"judges/errors.py"}, new)
        self.assertEqual({"judges/errors.py", "tests/scenario/mixins.py"}, set(added))
        self.assertEqual(5, added["tests/scenario/mixins.py"])
        classes, _ = self.assert_all_agree()
        for name, (_, asked, _) in classes.items():
            moved = "status_as_promised" in asked
            self.assertEqual(moved, "never_in_error" in asked, name)
        healthy, spoiled = self.python(JUDGE, str(RECORDED))
        self.assertEqual(["pass", "pass"], healthy)
        self.assertEqual(["fail", "fail"], spoiled)

    def test_a_scenario_takes_a_file_and_a_class(self):
        new, added = self.apply("add-a-scenario")
        self.assertEqual({"scenarios/evacuate_volume.py"}, new)
        tests = "tests/scenario/test_evacuation.py"
        self.assertEqual({"scenarios/evacuate_volume.py", tests}, set(added))
        self.assertLessEqual(added["scenarios/evacuate_volume.py"], 25)
        # The class with a blank line in it has five; an import and two blank lines come before.
        self.assertEqual(8, added[tests])
        classes, scenarios = self.assert_all_agree()
        self.assertIn("evacuate_volume", scenarios)
        name, asked, _ = classes["EvacuateVolume"]
        self.assertEqual("evacuate_volume", name)
        self.assertIn("acknowledged_writes_present", asked)
        self.assertGreater(len(asked), 30)

    def test_a_step_takes_a_file(self):
        new, added = self.apply("add-a-step")
        self.assertEqual({"steps/sync_disks.py"}, new)
        self.assertEqual(new, set(added))
        asked, whole, broken = self.python(STEP, str(self.top))
        self.assertEqual(["sync"] * 4, asked)
        self.assertEqual(
            [
                ["scenario.phase", {"phase": "sync_disks", "title": DOING}],
                ["scenario.finished", {"complete": True}],
            ],
            whole,
        )
        self.assertEqual(
            ["scenario.phase", "scenario.stopped", "scenario.finished"],
            [kind for kind, _ in broken],
        )
        self.assertEqual("sync_disks", broken[1][1]["phase"])
        self.assertEqual("cloud", broken[1][1]["cause"])
        self.assertIn("no room on the disk", broken[1][1]["reason"])
        self.assert_all_agree()


if __name__ == "__main__":
    unittest.main()
