# SPDX-License-Identifier: Apache-2.0
"""The comparison of a run of Tempest's tests with the skips that are expected of it."""

import importlib.util
import re
import sys
import unittest
from pathlib import Path

TOP = Path(__file__).resolve().parents[3]


def load_tool(name):
    """Import a module of tools/, which is no package."""
    spec = importlib.util.spec_from_file_location(name, TOP / "tools" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


sets = load_tool("tempest_sets")

TEXT = """
sets:
  network: {says: the network, tests: [a]}
  volumes: {says: volumes, tests: [b], kind: shared}
skips:
  - because: There is no console.
    says: console is (off|away)
    sets: [network]
    tests: [t.console]
"""


def ran(test, status="success", reason=""):
    return sets.Result(test, status, reason)


class Comparison(unittest.TestCase):
    def setUp(self):
        self.expected = sets.Sets.read(TEXT).expected("network")

    def differences(self, *results):
        return sets.differences(self.expected, results)

    def test_nothing_is_said_of_what_was_expected(self):
        found = self.differences(ran("t.console", "skip", "the console is off"), ran("t.ping"))
        self.assertEqual(found, [])

    def test_a_new_skip_is_named_with_what_tempest_says(self):
        (said,) = self.differences(
            ran("t.console", "skip", "console is off"), ran("t.trunk", "skip", "unstable: bug 1")
        )
        self.assertRegex(said, "t.trunk .*not expected.*unstable: bug 1")

    def test_a_skip_for_another_reason_is_not_the_one_expected(self):
        (said,) = self.differences(ran("t.console", "skip", "no network"))
        self.assertRegex(said, "another reason.*no network")

    def test_a_skip_that_is_gone_is_to_be_taken_from_the_list(self):
        (said,) = self.differences(ran("t.console"))
        self.assertIn("take it from the list", said)

    def test_an_expected_skip_that_did_not_run_is_missed(self):
        (said,) = self.differences(ran("t.ping"))
        self.assertIn("did not run at all", said)

    def test_a_failure_is_no_matter_of_skips(self):
        found = self.differences(ran("t.console", "skip", "console is off"), ran("t.ping", "fail"))
        self.assertEqual(found, [])


class Reading(unittest.TestCase):
    def test_skips_of_another_set_are_not_expected(self):
        self.assertEqual(sets.Sets.read(TEXT).expected("volumes"), {})

    def test_a_set_that_is_not_there_is_refused_with_those_that_are(self):
        with self.assertRaisesRegex(sets.SetsError, "'nothing'.*network, volumes"):
            sets.Sets.read(TEXT).named("nothing")

    def test_a_skip_of_an_unknown_set_is_refused(self):
        with self.assertRaises(sets.SetsError):
            sets.Sets.read(TEXT.replace("sets: [network]", "sets: [netwrok]"))

    def test_the_same_skip_twice_is_refused(self):
        with self.assertRaisesRegex(sets.SetsError, "t.console"):
            sets.Sets.read(
                TEXT.replace("[t.console]", "[t.console]") + TEXT.partition("skips:\n")[2]
            )


class TheList(unittest.TestCase):
    """The sets as they stand in the file."""

    def test_it_can_be_read_and_its_expressions_mean_something(self):
        known = sets.load()
        self.assertTrue(known.sets)
        for each in known.sets:
            for expression in each.tests:
                re.compile(expression)
        for skip in known.skips:
            re.compile(skip.says)
            self.assertTrue(skip.because.endswith("."), skip.because)

    def test_the_documentation_gives_every_reason_and_every_set(self):
        page = (TOP / "doc/source/lab/faithful.rst").read_text()
        words = " ".join(page.split())
        for skip in sets.load().skips:
            with self.subTest(skip.because):
                self.assertIn(" ".join(skip.because.split()), words)
        for each in sets.load().sets:
            with self.subTest(each.name):
                self.assertIn(f"``{each.name}``", page)
