# SPDX-License-Identifier: Apache-2.0
"""What a test method says for the verdicts of its judge."""

from __future__ import annotations

import dataclasses
import tempfile
import unittest
from pathlib import Path

from migration_tests.judges import tell
from migration_tests.judges.document import build, settle
from migration_tests.judges.tell import JudgeFailed, JudgeUnknown
from migration_tests.record import history, run_folder, verdicts
from migration_tests.record.events import HostInspected, ProbeReport
from migration_tests.record.history import History
from migration_tests.record.story_events import RunFinished, TestErrored
from migration_tests.record.verdicts import Verdict
from migration_tests.tests.unit import told_story as told

PASS = Verdict(
    story="s", judge="j", storage="shared", server="a", outcome="pass", reason="", found="x"
)
FAIL = dataclasses.replace(PASS, server="b", outcome="fail", reason="It broke.", evidence=(3, 4))
UNKNOWN = dataclasses.replace(PASS, server="c", outcome="unknown", reason="Nobody knows.")
SKIP = dataclasses.replace(PASS, server="d", outcome="skip", reason="not judged: no volume")


class ATest(unittest.TestCase):
    def test_passes_when_something_passed_and_the_rest_was_not_judged(self):
        tell.tell([PASS, SKIP])

    def test_fails_naming_every_server_that_failed_or_is_unknown(self):
        other = dataclasses.replace(FAIL, server="e")
        with self.assertRaises(JudgeFailed) as raised:
            tell.tell([PASS, FAIL, other, UNKNOWN])
        text = str(raised.exception)
        for part in ("shared server b: fail: It broke.", "server e", "server c", "lines 3, 4"):
            self.assertIn(part, text)
        self.assertIsInstance(raised.exception, AssertionError)

    def test_errs_with_a_word_of_its_own_when_it_is_unknown(self):
        with self.assertRaisesRegex(JudgeUnknown, "^UNKNOWN: .*Nobody knows"):
            tell.tell([PASS, UNKNOWN])
        self.assertNotIsInstance(JudgeUnknown(), AssertionError)

    def test_is_skipped_when_nothing_was_judged(self):
        with self.assertRaisesRegex(unittest.SkipTest, "^not judged: no volume$"):
            tell.tell([SKIP, dataclasses.replace(SKIP, server="x")])

    def test_of_no_judge_is_unknown(self):
        with self.assertRaises(JudgeUnknown):
            tell.tell([])


class ATestInARun(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.run_folder = run_folder.create(Path(folder.name), suite="1", cloud="c")

    def record(self, events):
        writer = History(self.run_folder.history)
        for t, event in events:
            writer.append(event, source="test", story=told.STORY, t_mono=t)

    def test_asks_the_record_and_is_named_in_the_verdicts(self):
        self.record(
            told.changed(HostInspected, {"domains": (told.VOL,)}, host=told.SOURCE)(told.healthy())
        )
        path = self.run_folder.history
        tell.ask(path, told.STORY, "name_kept", "suite.Test.test_name", "uuid-1")
        with self.assertRaisesRegex(JudgeFailed, "compute1 still has the domain"):
            tell.ask(path, told.STORY, "source_without_domain", "suite.Test.test_d", "uuid-2")
        result = settle(self.run_folder)
        self.assertEqual(result, verdicts.read(self.run_folder.verdicts))
        tests = {(v.judge, v.test, v.uuid) for v in result.verdicts if v.test}
        self.assertEqual(
            {
                ("name_kept", "suite.Test.test_name", "uuid-1"),
                ("source_without_domain", "suite.Test.test_d", "uuid-2"),
            },
            tests,
        )

    def test_that_broke_outside_all_judges_makes_the_run_unknown(self):
        self.record(told.healthy())
        self.assertTrue(settle(self.run_folder).good)
        History(self.run_folder.history).append(
            TestErrored(test="setUpClass (x)", error="NoSuchOption"), source="certify"
        )
        result = settle(self.run_folder)
        self.assertFalse(result.good)
        self.assertIn("NoSuchOption", result.verdicts[-1].reason)

    def test_belongs_to_a_run_with_beginning_and_end(self):
        self.record(told.healthy())
        lines = history.read(self.run_folder.history)
        self.assertIsNone(build(lines, "x").run.finished)
        History(self.run_folder.history).append(RunFinished(exit_status=0), source="certify")
        run = build(history.read(self.run_folder.history), "x").run
        self.assertEqual((self.run_folder.name, "c", "1"), (run.id, run.cloud, run.suite))
        self.assertIsNotNone(run.finished)


class Measures(unittest.TestCase):
    def setUp(self):
        result = build(told.lines(told.healthy()), "run")
        self.measures = {(m.name, m.server): m for m in result.measures}

    def value(self, name, server=None):
        return self.measures[name, server].value

    def test_count_the_phases_of_recovery_from_the_moment_the_host_was_cut_off(self):
        self.assertEqual(1.5, self.value("recovery.host_seen_dead"))
        self.assertEqual(5, self.value("recovery.service_down"))
        self.assertEqual(50, self.value("recovery.service_reports"))
        self.assertEqual(65, self.value("recovery.service_up"))
        phases = {
            "evacuation_accepted": 10,
            "rebuilding": 11,
            "spawning": 13,
            "evacuation_done": 17,
            "active": 22,
            "ssh": 30,
            "first_write": 32,
            "clean_up_completed": 60,
        }
        for name, seconds in phases.items():
            self.assertEqual(seconds, self.value(f"recovery.{name}", told.VOL), name)

    def test_tell_the_cloud_s_own_time_with_its_error(self):
        rebuild = self.measures["evacuation.rebuild", told.VOL]
        self.assertEqual((8, 2, "s"), (rebuild.value, rebuild.error, rebuild.unit))

    def test_tell_the_bystander_s_longest_gap_with_error_and_samples(self):
        gap = self.measures["bystander.longest_gap", told.BYS]
        self.assertEqual((0.02, 0.02, 10000), (gap.value, gap.error, gap.samples))

    def test_count_acknowledged_writes(self):
        writes = self.measures["writes.acknowledged", told.VOL]
        self.assertEqual((100, "records"), (writes.value, writes.unit))

    def test_leave_out_what_was_not_seen(self):
        events = told.without(ProbeReport)(told.healthy())
        names = {m.name for m in build(told.lines(events), "run").measures}
        self.assertNotIn("bystander.longest_gap", names)

    def test_of_a_story_without_a_disaster_are_few(self):
        events = told.ending(30)(told.healthy())
        names = {m.name for m in build(told.lines(events), "run").measures}
        self.assertEqual({"writes.acknowledged"}, names)
