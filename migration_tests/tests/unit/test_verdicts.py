# SPDX-License-Identifier: Apache-2.0
"""verdicts.json: what is written keeps to the schema, what does not is refused both ways."""

from __future__ import annotations

import json
import tempfile
import unittest
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from migration_tests.record import verdicts
from migration_tests.record.verdicts import Measure, Run, Verdict, Verdicts, VerdictsError

RUN = Run(id="r", started="s", finished=None, suite="1", cloud="", profile="", defects=("x",))
WORD = st.text(min_size=1, max_size=20)
VERDICT = st.builds(
    Verdict,
    scenario=st.text(max_size=9),
    judge=WORD,
    storage=st.none() | WORD,
    server=st.none() | WORD,
    outcome=st.sampled_from(verdicts.OUTCOMES),
    reason=WORD,
    expected=st.text(max_size=9),
    found=st.text(max_size=9),
    evidence=st.lists(st.integers(1, 10**9), max_size=3).map(tuple),
)
MEASURE = st.builds(
    Measure,
    name=WORD,
    scenario=WORD,
    storage=st.none() | WORD,
    server=st.none() | WORD,
    unit=WORD,
    value=st.floats(-1e9, 1e9),
    error=st.none() | st.floats(0, 1e9),
    samples=st.integers(0, 10**9),
)


def one(outcome: str, reason: str = "because") -> Verdict:
    return Verdict(
        scenario="s", judge="j", storage=None, server=None, outcome=outcome, reason=reason
    )


def document(*found: Verdict) -> Verdicts:
    return Verdicts(run=RUN, verdicts=found, measures=())


class VerdictsFile(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = Path(folder.name) / "verdicts.json"

    @settings(max_examples=25, deadline=None)  # each one is fsynced
    @given(st.lists(VERDICT, max_size=4), st.lists(MEASURE, max_size=4))
    def test_gives_back_whatever_was_written(self, found, measures):
        whole = Verdicts(run=RUN, verdicts=tuple(found), measures=tuple(measures))
        verdicts.write(whole, self.path)
        self.assertEqual(whole, verdicts.read(self.path))

    def test_has_exactly_the_fields_the_design_names(self):
        verdicts.write(document(one("pass")), self.path)
        data = json.loads(self.path.read_text())
        self.assertEqual({"run", "verdicts", "measures"}, set(data))
        names = "scenario judge group storage test uuid server outcome reason expected found"
        self.assertEqual({*names.split(), "evidence", "known"}, set(data["verdicts"][0]))

    def test_is_not_written_when_a_verdict_does_not_keep_to_the_schema(self):
        with self.assertRaisesRegex(VerdictsError, r"verdicts\.0\.outcome"):
            verdicts.write(document(one("perhaps")), self.path)
        self.assertFalse(self.path.exists())

    def test_lets_nothing_but_a_pass_be_without_a_reason(self):
        verdicts.write(document(one("pass", "")), self.path)
        for outcome in ("fail", "unknown", "skip"):
            with self.assertRaisesRegex(VerdictsError, "reason"):
                verdicts.write(document(one(outcome, "")), self.path)

    def test_is_refused_when_it_is_none(self):
        for text in ("", "{}", '{"run": 1}', "[]"):
            self.path.write_text(text)
            with self.assertRaisesRegex(VerdictsError, "verdicts.json"):
                verdicts.read(self.path)


class GoodRun(unittest.TestCase):
    def test_has_a_pass_and_neither_fail_nor_unknown(self):
        self.assertTrue(document(one("pass"), one("skip")).good)
        self.assertFalse(document(one("pass"), one("fail")).good)
        self.assertFalse(document(one("pass"), one("unknown")).good)
        self.assertFalse(document(one("skip")).good)
        self.assertFalse(document().good)
