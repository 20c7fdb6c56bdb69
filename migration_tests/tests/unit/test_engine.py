# SPDX-License-Identifier: Apache-2.0
"""The rules that hold for all judges: whose doing missing evidence is, and who is not asked."""

from __future__ import annotations

import unittest

from migration_tests.judges import JUDGES, judge
from migration_tests.judges.engine import StoryJudge, try_story
from migration_tests.judges.finding import NotApplicable, NotProduced, passed
from migration_tests.judges.story_record import StoryRecord
from migration_tests.record import words
from migration_tests.record.events import DataRead, ProbeReport, ServerIntroduced
from migration_tests.record.history import parse
from migration_tests.record.story_events import (
    HarnessError,
    StoryFinished,
    StorySkipped,
    StoryStopped,
)
from migration_tests.record.verdicts import FAIL, PASS, SKIP, UNKNOWN
from migration_tests.tests.unit import told_story as told
from migration_tests.tests.unit.told_story import BYS, STORY, VOL, ending, with_events, without


def outcomes(name, *spoils):
    events = told.healthy()
    for spoil in spoils:
        events = spoil(events)
    verdicts = judge(told.lines(events), STORY)
    return [v for v in verdicts if v.judge == name]


class MissingEvidence(unittest.TestCase):
    def test_is_skipped_when_it_simply_is_not_there(self):
        (verdict,) = outcomes("bystander_undisturbed", without(ProbeReport))
        self.assertEqual(SKIP, verdict.outcome)
        self.assertIn("report of the probe", verdict.reason)

    def test_is_unknown_when_our_own_failure_lost_it(self):
        error = HarnessError(
            where="observers.probe", error="OSError: no socket", lost=("probe.report",)
        )
        (verdict,) = outcomes(
            "bystander_undisturbed", without(ProbeReport), with_events((60, error))
        )
        self.assertEqual(UNKNOWN, verdict.outcome)
        self.assertIn("no socket", verdict.reason)

    def test_is_not_blamed_on_a_failure_that_concerns_another_server(self):
        error = HarnessError(where="x", error="y", lost=("data.read",), server=BYS)
        verdicts = outcomes(
            "acknowledged_writes_present",
            without(DataRead, server=VOL),
            with_events((60, error)),
        )
        self.assertEqual({SKIP, PASS}, {v.outcome for v in verdicts})

    def test_is_unknown_when_the_harness_stopped_the_story(self):
        stop = StoryStopped(phase=words.CHECK, cause=words.HARNESS, reason="KeyError: 'x'")
        spoil = ending(129, stop, StoryFinished(complete=False))
        events = spoil(told.healthy())
        verdicts = judge(told.lines(events), STORY)
        self.assertNotIn(FAIL, {v.outcome for v in verdicts})
        ssh = [v for v in verdicts if v.judge == "ssh_answers"]
        self.assertEqual({UNKNOWN}, {v.outcome for v in ssh})
        self.assertIn("KeyError", ssh[0].reason)

    def test_is_unknown_when_the_record_breaks_off(self):
        verdicts = outcomes("ssh_answers", ending(129))
        self.assertEqual({UNKNOWN}, {v.outcome for v in verdicts})
        self.assertIn("breaks off", verdicts[0].reason)

    def test_is_unknown_when_lines_cannot_be_read(self):
        lines = told.lines(without(ProbeReport)(told.healthy())) + parse([b"{torn"], 900)
        (verdict,) = [v for v in judge(lines, STORY) if v.judge == "bystander_undisturbed"]
        self.assertEqual(UNKNOWN, verdict.outcome)
        self.assertEqual((900,), verdict.evidence)

    def test_torn_lines_do_not_spoil_what_is_well_proved(self):
        lines = told.lines(told.healthy()) + parse([b"{torn"], 900)
        self.assertEqual({PASS}, {v.outcome for v in judge(lines, STORY)})


class WholeStory(unittest.TestCase):
    def test_that_was_not_told_skips_every_judge_with_the_reason(self):
        lines = told.lines([(0, StorySkipped(reason="no host may be disturbed"))])
        verdicts = judge(lines, STORY)
        self.assertEqual([j.name for j in JUDGES], [v.judge for v in verdicts])
        self.assertEqual({SKIP}, {v.outcome for v in verdicts})
        self.assertIn("no host may be disturbed", verdicts[0].reason)

    def test_without_ephemeral_servers_skips_their_judge_and_says_so(self):
        spoil = without(ServerIntroduced, storage=words.EPHEMERAL)
        (verdict,) = outcomes("ephemeral_disk_pristine", spoil)
        self.assertEqual(SKIP, verdict.outcome)
        self.assertIn("no server on ephemeral storage", verdict.reason)

    def test_of_another_name_is_not_mixed_in(self):
        lines = told.lines(told.healthy(), "other") + told.lines(told.healthy())
        self.assertEqual({PASS}, {v.outcome for v in judge(lines, STORY)})
        self.assertEqual({STORY}, {v.story for v in judge(lines, STORY)})


class OneJudge(unittest.TestCase):
    def ask(self, answer):
        judges = [StoryJudge(name="one", question="it holds", ask=answer)]
        (verdict,) = try_story(StoryRecord(told.lines(told.healthy()), STORY), judges)
        return verdict

    def test_that_raises_knows_nothing(self):
        verdict = self.ask(lambda record: 1 / 0)
        self.assertEqual(UNKNOWN, verdict.outcome)
        self.assertIn("ZeroDivisionError", verdict.reason)

    def test_whose_question_does_not_arise_skips(self):
        def answer(record):
            raise NotApplicable("there is no volume")

        self.assertEqual("not judged: there is no volume", self.ask(answer).reason)

    def test_that_lacks_evidence_in_a_whole_story_skips(self):
        def answer(record):
            raise NotProduced("such thing")

        verdict = self.ask(answer)
        self.assertEqual(
            (SKIP, "not judged: there is no such thing in the record"),
            (verdict.outcome, verdict.reason),
        )

    def test_that_is_content_passes_with_its_evidence(self):
        verdict = self.ask(lambda record: passed("a", "a", 3, 1, 3))
        self.assertEqual((PASS, (1, 3)), (verdict.outcome, verdict.evidence))
