# SPDX-License-Identifier: Apache-2.0
"""The judges on trial: their evidence is damaged field by field, and they must notice.

A slice of ``migration-chaos mutate``, always the same: some damages to the records of real runs
and to those made by hand. What may go unnoticed stands in ``judges/unnoticed.py``, with reasons.
"""

from __future__ import annotations

import math
import unittest

from migration_tests.judges import mutation
from migration_tests.judges.mutation import DOUBLE, EMPTY, NULL, REMOVE, SWAP, Score, Trial
from migration_tests.judges.unnoticed import UNNOTICED, reason
from migration_tests.record.event import KINDS, Part
from migration_tests.record.history import UNREADABLE
from migration_tests.tests.unit import healthy_crash as crash
from migration_tests.tests.unit import healthy_live as live
from migration_tests.tests.unit import healthy_record as healthy
from migration_tests.tests.unit import record_parts as parts
from migration_tests.tests.unit.recorded_runs import COMPOSED, read

HEALTHY = ("shared_host_off_over_ipmi", *COMPOSED)  # real runs in which all promises were kept
SEED = 1
ENOUGH = 0.95


def by_hand(record=healthy, *spoils):
    return record.lines(parts.spoiled(record.healthy(), *spoils))


class Slice(unittest.TestCase):
    def score(self, lines, size) -> Score:
        trial = Trial(lines)
        score = trial.score(mutation.sample(trial.mutations(), size, SEED))
        self.assertGreaterEqual(score.tried, size)
        return score

    def check(self, lines, size):
        score = self.score(lines, size)
        # A sample says it of all with an error of its own, of which two are allowed for.
        error = math.sqrt(ENOUGH * (1 - ENOUGH) / score.tried)
        unnoticed = [str(one) for one in score.unnoticed]
        self.assertGreaterEqual(score.noticed, ENOUGH - 2 * error, unnoticed)
        self.assertEqual((), score.turned)
        for one in score.unnoticed:
            self.assertTrue(reason(one.kind, one.field, one.what), str(one))

    def test_of_real_runs_is_noticed(self):
        for name in HEALTHY:
            with self.subTest(name):
                self.check(read(name), 150)

    def test_of_an_evacuation_with_all_evidence_is_noticed(self):
        self.check(by_hand(), 160)

    def test_of_a_crash_with_all_evidence_is_noticed(self):
        self.check(by_hand(crash), 160)

    def test_of_a_live_migration_with_all_evidence_is_noticed(self):
        self.check(by_hand(live), 80)


class Mutations(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.trial = Trial(by_hand())
        cls.mutations = cls.trial.mutations()

    def of(self, kind, field):
        return [one for one in self.mutations if (one.kind, one.field) == (kind, field)]

    def test_are_of_evidence_of_passing_verdicts_only_and_change_something(self):
        named = {n for v in self.trial._verdicts.values() for n in v.evidence}
        for one in self.mutations:
            line = self.trial.lines[one.index]
            self.assertIn(one.number, named)
            self.assertNotEqual(line.event, mutation.mutated(line, one).event)

    def test_remove_null_empty_swap_and_double(self):
        self.assertEqual(
            {REMOVE, NULL, EMPTY, SWAP}, {one.what for one in self.of("server.snapshot", "name")}
        )
        self.assertEqual(
            {REMOVE, NULL, DOUBLE, SWAP},
            {one.what for one in self.of("writer.acknowledged", "last")},
        )
        amounts = self.of("allocation.snapshot", "by_host.compute2.VCPU")
        self.assertIn(DOUBLE, {one.what for one in amounts})

    def test_reach_into_parts_and_lists(self):
        for kind, field in (
            ("server.snapshot", "ports.host"),
            ("server.snapshot", "ports[]"),
            ("server.snapshot", "ports.fixed_ips[]"),
            ("host.inspected", "domains.state"),
            ("server.action", "events.result"),
            ("data.read", "intact[]"),
        ):
            self.assertTrue(self.of(kind, field), (kind, field))

    def test_swap_with_what_another_server_or_host_has(self):
        (macs,) = {one.number for one in self.of("server.snapshot", "ports.mac")[:1]}
        for one in self.of("server.snapshot", "ports.mac"):
            if one.what == SWAP and one.number == macs:
                server = self.trial.lines[one.index].event.server
                self.assertNotIn(server, one.value)
                self.assertTrue(one.value.startswith("mac-id-"))

    def test_leave_alone_what_no_judge_reads(self):
        self.assertEqual([], self.of("server.seen", "vm_state"))
        self.assertEqual([], self.of("disturbance.started", "readings.detail"))

    def test_give_a_line_as_it_would_be_read(self):
        (one,) = [
            one
            for one in self.of("server.snapshot", "status")
            if one.what == NULL and one.number == self.of("server.snapshot", "status")[0].number
        ]
        line = mutation.mutated(self.trial.lines[one.index], one)
        self.assertEqual(UNREADABLE, line.kind)
        self.assertEqual("server.snapshot", line.data["kind"])

    def test_are_counted_once_for_each_line_and_field(self):
        score = mutation.total(
            (one, False, "") for one in self.of("server.snapshot", "ports.fixed_ips[]")
        )
        self.assertEqual(score.missed, score.tried)
        self.assertEqual(0, score.noticed)

    def test_are_chosen_alike_for_a_seed(self):
        some = mutation.sample(self.mutations, 50, 7)
        self.assertEqual(some, mutation.sample(self.mutations, 50, 7))
        self.assertNotEqual(some, mutation.sample(self.mutations, 50, 8))
        self.assertEqual(50, len({one.group for one in some}))
        self.assertEqual(self.mutations, mutation.sample(self.mutations, 10**6, 7))

    def test_are_unnoticed_where_a_judge_looks_away(self):
        # Nobody asks for the status of the port of a stopped server, and the trial says so.
        unnoticed = [
            one
            for one in self.of("server.snapshot", "ports.status")
            if not self.trial.try_one(one)[0]
        ]
        self.assertTrue(unnoticed)
        self.assertEqual(
            {"SHUTOFF"}, {self.trial.lines[one.index].event.status for one in unnoticed}
        )

    def test_leave_lines_alone_that_show_a_failure(self):
        spoil = parts.changed(
            type(parts.snapshot(parts.VOL, "x", "y")),
            {"name": "other"},
            server=parts.VOL,
            moment="returned",
        )
        trial = Trial(by_hand(healthy, spoil))
        (failing,) = [v for v in trial._verdicts.values() if v.outcome == "fail"]
        self.assertFalse(
            {one.number for one in trial.mutations()} & set(failing.evidence), failing
        )


class Fields(unittest.TestCase):
    def test_that_no_judge_reads_are_few_and_each_has_a_reason(self):
        unread, count = mutation.unread_fields()
        self.assertLessEqual(len(unread) / count, 0.2)
        found: list[type[Part]] = [*KINDS.values()]
        while found:
            part = found.pop()
            found += part.nested.values()
            for field, why in part.unread.items():
                self.assertIn(field, part.__dataclass_fields__, part)
                self.assertGreater(len(why), 5, (part, field))

    def test_that_may_be_damaged_unnoticed_are_fields_of_events_and_have_reasons(self):
        for one in UNNOTICED:
            self.assertIn(one.kind, KINDS)
            self.assertGreater(len(one.reason), 20)
            self.assertLessEqual(one.what, {REMOVE, NULL, EMPTY, SWAP, DOUBLE})
            for field in one.fields:
                first, _, second = field.removesuffix("[]").partition(".")
                part: type[Part] = KINDS[one.kind]
                self.assertIn(first, part.__dataclass_fields__, one)
                self.assertNotIn(first, part.unread, one)
                if second:
                    self.assertIn(second, part.nested[first].__dataclass_fields__, one)
