# SPDX-License-Identifier: Apache-2.0
"""Judges made up for a test: what the engine makes of their answers, who is registered."""

from __future__ import annotations

import unittest

from migration_tests import judges
from migration_tests.judges import registry
from migration_tests.judges.engine import judge_scenario
from migration_tests.judges.finding import NotApplicable, NotProduced, failed, passed, unclear
from migration_tests.judges.registry import RegistryError, ScenarioJudge, ServerJudge, Which
from migration_tests.judges.scenario_record import ScenarioRecord
from migration_tests.record.verdicts import FAIL, PASS, SKIP, UNKNOWN
from migration_tests.tests.unit import healthy_record as healthy
from migration_tests.tests.unit.record_parts import BYS, VOL

ANY = Which("scenario", lambda _plan: True)
EVERY = Which("server", lambda _server: True)


class OneJudge(unittest.TestCase):
    def ask(self, answer):
        one = ScenarioJudge(
            name="one", question="it holds", group="ready", applies=ANY, ask=answer
        )
        lines = healthy.lines(healthy.healthy())
        (verdict,) = judge_scenario(ScenarioRecord(lines, healthy.SCENARIO), [one])
        return verdict

    def test_that_raises_knows_nothing(self):
        verdict = self.ask(lambda record: 1 / 0)
        self.assertEqual(UNKNOWN, verdict.outcome)
        self.assertIn("ZeroDivisionError", verdict.reason)

    def test_whose_question_does_not_arise_skips(self):
        def answer(record):
            raise NotApplicable("there is no volume")

        self.assertEqual("not applicable: there is no volume", self.ask(answer).reason)

    def test_that_lacks_evidence_in_a_whole_scenario_knows_nothing(self):
        def answer(record):
            raise NotProduced("such thing")

        verdict = self.ask(answer)
        self.assertEqual(
            (UNKNOWN, "there is no such thing in the record, though it was to be recorded"),
            (verdict.outcome, verdict.reason),
        )

    def test_that_is_content_passes_with_its_evidence(self):
        verdict = self.ask(lambda record: passed("a", "a", 3, 1, 3))
        self.assertEqual((PASS, (1, 3)), (verdict.outcome, verdict.evidence))


class SeveralJudges(unittest.TestCase):
    def ask(self, *found):
        lines = healthy.lines(healthy.healthy())
        return judge_scenario(ScenarioRecord(lines, healthy.SCENARIO), registry.ordered(found))

    def judge(self, name, answer, **values):
        return ScenarioJudge(
            **{
                "name": name,
                "question": f"{name} holds",
                "group": "ready",
                "applies": ANY,
                "ask": lambda record: answer,
                **values,
            }
        )

    def test_that_need_one_another_name_the_first_that_failed(self):
        bad, good = failed("It broke.", "a", "b", 1), passed("a", "a", 1)
        found = self.ask(
            self.judge("third", good, needs=("second",)),
            self.judge("second", good, needs=("first",)),
            self.judge("first", bad),
        )
        self.assertEqual(["first", "second", "third"], [v.judge for v in found])
        self.assertEqual({"not judged: first failed: It broke."}, {v.reason for v in found[1:]})

    def test_that_need_one_that_does_not_apply_are_asked(self):
        never = Which("thing", lambda plan: False)
        found = self.ask(
            self.judge("first", passed("a", "a", 1), applies=never),
            self.judge("second", passed("a", "a", 1), needs=("first",)),
        )
        self.assertEqual([SKIP, PASS], [v.outcome for v in found])

    def test_that_fail_for_what_another_explains_do_not_fail(self):
        bad = failed("It broke.", "a", "b", 1)
        found = self.ask(
            self.judge("first", bad), self.judge("second", bad, excused_by=("first",))
        )
        self.assertEqual([FAIL, SKIP], [v.outcome for v in found])
        self.assertIn("it follows from first, which failed: It broke.", found[1].reason)

    def test_whose_evidence_is_missing_name_the_one_that_explains_it(self):
        def lacking(record):
            raise NotProduced("such look")

        bad, doubtful = failed("It broke.", "a", "b", 1), unclear("Who knows.", "a", "b", 1)
        for first, said in (
            (bad, "not judged: first failed: It broke."),
            (doubtful, "not judged: it is not known whether first holds (first)"),
        ):
            found = self.ask(
                self.judge("second", None, ask=lacking, explained_by=("first",)),
                self.judge("first", first),
            )
            self.assertEqual(["first", "second"], [v.judge for v in found])
            self.assertEqual((SKIP, said), (found[1].outcome, found[1].reason))
        good = self.judge("first", passed("a", "a", 1))
        second = self.judge("second", None, ask=lacking, explained_by=("first",))
        self.assertEqual(UNKNOWN, self.ask(good, second)[1].outcome)

    def test_that_find_something_say_so_whatever_would_explain_that_they_did_not(self):
        bad = failed("It broke.", "a", "b", 1)
        for finding in (bad, unclear("Who knows.", "a", "b", 1), passed("a", "a", 1)):
            found = self.ask(
                self.judge("first", bad), self.judge("second", finding, explained_by=("first",))
            )
            self.assertEqual(finding.outcome, found[1].outcome)

    def test_of_servers_are_explained_by_what_became_of_the_same_server_or_else_of_any(self):
        def first(record, server):
            if server.server in (VOL, BYS):
                return failed(f"{server.server} broke.", "a", "b", 1)
            return passed("a", "a", 1)

        def second(record, server):
            raise NotProduced("such look")

        values = {"question": "q", "group": "ready", "applies": EVERY}
        others = Which("other", lambda server: server.role != "bystander")
        found = self.ask(
            ServerJudge(name="first", **{**values, "applies": others, "ask": first}),
            ServerJudge(name="second", **values, ask=second, explained_by=("first",)),
        )
        reasons = {v.server: v.reason for v in found if v.judge == "second"}
        self.assertEqual(f"not judged: first failed: {VOL} broke.", reasons[VOL])
        self.assertEqual(f"not judged: first failed: {VOL} broke.", reasons[BYS])

    def test_of_servers_do_not_block_one_another(self):
        def answer(record, server):
            return (
                failed("It broke.", "a", "b", 1) if server.server == VOL else passed("a", "a", 1)
            )

        values = {"question": "q", "group": "ready", "applies": EVERY, "ask": answer}
        found = self.ask(
            ServerJudge(name="first", **values),
            ServerJudge(
                **{**values, "name": "second", "ask": lambda r, s: passed("a", "a", 1)},
                needs=("first",),
            ),
        )
        second = {v.server: v.outcome for v in found if v.judge == "second"}
        self.assertEqual(SKIP, second.pop(VOL))
        self.assertEqual({PASS}, set(second.values()))


class Registry(unittest.TestCase):
    def test_holds_each_judge_once_after_those_it_needs(self):
        known: set[str] = set()
        for one in judges.registered():
            self.assertNotIn(one.name, known)
            self.assertLessEqual({*one.first}, known, one.name)
            known.add(one.name)

    def test_takes_no_second_judge_of_a_name_and_none_of_no_group(self):
        one = judges.named("host_died")
        with self.assertRaisesRegex(RegistryError, "two judges named host_died"):
            registry.register(one)
        with self.assertRaisesRegex(RegistryError, "there are: ready, "):
            registry.register(
                ScenarioJudge(
                    name="new", question="q", group="x", applies=ANY, ask=lambda record: None
                )
            )
        with self.assertRaisesRegex(RegistryError, "there is no judge new"):
            judges.named("new")

    def test_says_so_when_judges_wait_for_each_other_or_for_nobody(self):
        def judge(name, *needs):
            return ScenarioJudge(
                name=name,
                question="q",
                group="ready",
                applies=ANY,
                ask=lambda record: None,
                needs=needs,
            )

        with self.assertRaisesRegex(RegistryError, "wait for each other: a, b"):
            registry.ordered([judge("a", "b"), judge("b", "a")])
        with self.assertRaisesRegex(RegistryError, "that there are not"):
            registry.ordered([judge("a", "b")])

    def test_names_every_judge_in_a_group_and_no_group_is_empty(self):
        groups = judges.by_group()
        self.assertEqual(list(registry.GROUPS), list(groups))
        self.assertTrue(all(groups.values()))
        self.assertEqual(
            {j.name for j in judges.registered()},
            {j.name for members in groups.values() for j in members},
        )
