# SPDX-License-Identifier: Apache-2.0
"""What a test method says for the verdicts of its judge, and what stands in verdicts.json."""

from __future__ import annotations

import dataclasses
import tempfile
import unittest
from pathlib import Path
from unittest import mock

from migration_tests.judges import asking
from migration_tests.judges.asking import JudgeFailed, JudgeUnknown
from migration_tests.judges.document import build, write_verdicts
from migration_tests.record import history, run_folder, verdicts, words
from migration_tests.record.events import (
    HostInspected,
    RunFinished,
    ScenarioFinished,
    ScenarioStopped,
    TestErrored,
    TestsPlanned,
)
from migration_tests.record.history import History, HistoryError
from migration_tests.record.verdicts import Verdict
from migration_tests.tests.unit import healthy_record as healthy
from migration_tests.tests.unit import record_parts as parts

PASS = Verdict(
    scenario="s", judge="j", storage="shared", server="a", outcome="pass", reason="", found="x"
)
FAIL = dataclasses.replace(PASS, server="b", outcome="fail", reason="It broke.", evidence=(3, 4))
UNKNOWN = dataclasses.replace(PASS, server="c", outcome="unknown", reason="Nobody knows.")
SKIP = dataclasses.replace(PASS, server="d", outcome="skip", reason="not judged: no volume")


class ATest(unittest.TestCase):
    def test_passes_when_something_passed_and_the_rest_was_not_judged(self):
        asking.raise_for([PASS, SKIP])

    def test_fails_naming_every_server_that_failed_or_is_unknown(self):
        other = dataclasses.replace(FAIL, server="e")
        with self.assertRaises(JudgeFailed) as raised:
            asking.raise_for([PASS, FAIL, other, UNKNOWN])
        text = str(raised.exception)
        for part in ("shared server b: fail: It broke.", "server e", "server c", "lines 3, 4"):
            self.assertIn(part, text)
        self.assertIsInstance(raised.exception, AssertionError)

    def test_errs_with_a_word_of_its_own_when_it_is_unknown(self):
        with self.assertRaisesRegex(JudgeUnknown, "^UNKNOWN: .*Nobody knows"):
            asking.raise_for([PASS, UNKNOWN])
        self.assertNotIsInstance(JudgeUnknown(), AssertionError)

    def test_is_skipped_when_nothing_was_judged(self):
        with self.assertRaisesRegex(unittest.SkipTest, "^not judged: no volume$"):
            asking.raise_for([SKIP, dataclasses.replace(SKIP, server="x")])

    def test_of_no_judge_is_unknown(self):
        with self.assertRaises(JudgeUnknown):
            asking.raise_for([])


class RunCase(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.run_folder = run_folder.create(Path(folder.name), suite="1", cloud="c")
        self.path = self.run_folder.history

    def record(self, events):
        writer = History(self.path)
        for t, event in events:
            writer.append(event, source="test", scenario=healthy.SCENARIO, t_mono=t)


class ATestInARun(RunCase):
    def setUp(self):
        super().setUp()
        leak = parts.domains({parts.VOL: parts.OFF})
        spoil = parts.changed(
            HostInspected, {"domains": leak}, host=parts.SOURCE, moment=words.RETURNED
        )
        self.record(spoil(healthy.healthy()))

    def test_asks_the_record_and_adds_nothing_to_it(self):
        before = self.path.read_bytes()
        asking.ask(self.path, healthy.SCENARIO, "name_kept")
        with self.assertRaisesRegex(JudgeFailed, "compute1 still has the domain"):
            asking.ask(self.path, healthy.SCENARIO, "source_without_domain")
        self.assertEqual(before, self.path.read_bytes())

    def test_is_named_in_the_verdicts(self):
        tests = (
            ("name_kept", "suite.Test.test_name", "uuid-1"),
            ("source_without_domain", "suite.Test.test_d", "uuid-2"),
        )
        self.record([(0, TestsPlanned(tests=tests))])
        result = write_verdicts(self.run_folder)
        self.assertEqual(result, verdicts.read(self.run_folder.verdicts))
        named = {(v.judge, v.test, v.uuid) for v in result.verdicts if v.test}
        self.assertEqual(set(tests), named)

    def test_shares_its_judging_with_all_others_until_the_record_grows(self):
        with mock.patch.object(asking, "judge_lines", wraps=asking.judge_lines) as judged:
            for name in ("name_kept", "mac_kept", "host_died"):
                asking.ask(self.path, healthy.SCENARIO, name)
            self.assertEqual(1, judged.call_count)
            self.record([(191, ScenarioFinished(complete=True))])
            asking.ask(self.path, healthy.SCENARIO, "name_kept")
            self.assertEqual(2, judged.call_count)

    def test_of_no_history_says_so(self):
        with self.assertRaisesRegex(HistoryError, "is this a run folder"):
            asking.ask(self.path.with_name("none"), healthy.SCENARIO, "name_kept")


class ARun(RunCase):
    def test_that_broke_outside_all_judges_is_not_good(self):
        self.record(healthy.healthy())
        self.assertTrue(write_verdicts(self.run_folder).good)
        History(self.path).append(
            TestErrored(test="setUpClass (x)", error="NoSuchOption"), source="certify"
        )
        result = write_verdicts(self.run_folder)
        self.assertFalse(result.good)
        self.assertIn("NoSuchOption", result.verdicts[-1].reason)

    def test_that_stopped_where_no_judge_answers_for_it_is_not_good(self):
        stop = ScenarioStopped(phase="paint", cause=words.CLOUD, reason="HTTP 500")
        self.record(parts.with_events((189, stop))(healthy.healthy()))
        result = write_verdicts(self.run_folder)
        self.assertFalse(result.good)
        self.assertIn("HTTP 500", result.verdicts[-1].reason)

    def test_whose_record_breaks_off_is_not_good(self):
        self.record(healthy.healthy()[:-1])
        result = write_verdicts(self.run_folder)
        self.assertFalse(result.good)
        self.assertIn("breaks off", result.verdicts[-1].reason)

    def test_has_a_beginning_and_an_end(self):
        self.record(healthy.healthy())
        lines = history.read(self.path)
        self.assertIsNone(build(lines, "x").run.finished)
        History(self.path).append(RunFinished(exit_status=0), source="certify")
        run = build(history.read(self.path), "x").run
        self.assertEqual((self.run_folder.name, "c", "1"), (run.id, run.cloud, run.suite))
        self.assertIsNotNone(run.finished)
