# SPDX-License-Identifier: Apache-2.0
"""Numbers as ranges: the arithmetic the judges of data rest on."""

from __future__ import annotations

import unittest
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from migration_tests import judges
from migration_tests.judges import ranges as numbers_as
from migration_tests.record import words
from migration_tests.record.events import DataRead, WriterEnded, WriteResumed, WritesAcknowledged
from migration_tests.record.verdicts import FAIL, PASS, UNKNOWN
from migration_tests.tests.unit import healthy_record as healthy
from migration_tests.tests.unit import record_parts as parts
from migration_tests.tests.unit.record_parts import VOL, changed, with_events, without

RANGE = st.tuples(st.integers(1, 60), st.integers(0, 9)).map(lambda x: (x[0], x[0] + x[1]))
RANGES = st.lists(RANGE, max_size=8)


def numbers(ranges):
    return {n for first, last in ranges for n in range(first, last + 1)}


class Ranges(unittest.TestCase):
    @given(RANGES)
    def test_merged_hold_the_same_numbers_in_as_few_ranges_as_can_be(self, ranges):
        merged = numbers_as.merge(ranges)
        self.assertEqual(numbers(ranges), numbers(merged))
        self.assertEqual(len(numbers(ranges)), numbers_as.size(merged))
        for (_, last), (first, _) in pairwise(merged):
            self.assertGreater(first, last + 1)

    @given(RANGES, RANGES)
    def test_subtracted_hold_exactly_the_difference(self, ranges, without_these):
        left = numbers_as.subtract(ranges, without_these)
        self.assertEqual(numbers(ranges) - numbers(without_these), numbers(left))
        self.assertEqual(left, numbers_as.merge(left))

    def test_are_shown_shortened(self):
        self.assertEqual("1, 3-5", numbers_as.text([(1, 1), (3, 5)]))
        self.assertEqual("1, 3, ...", numbers_as.text([(1, 1), (3, 3), (5, 5)], limit=2))


class AcknowledgedWrites(unittest.TestCase):
    def verdict(self, acknowledged, intact):
        events = parts.spoiled(
            healthy.healthy(),
            without(WritesAcknowledged, server=VOL),
            with_events(
                *(
                    (90, WritesAcknowledged(server=VOL, first=first, last=last))
                    for first, last in acknowledged
                )
            ),
            without(WriteResumed, server=VOL),
            changed(WriterEnded, {"last": max(last for _, last in acknowledged)}, server=VOL),
            changed(DataRead, {"intact": tuple(intact)}, server=VOL),
        )
        (verdict,) = [
            v
            for v in judges.judge(healthy.lines(events), healthy.SCENARIO)
            if v.judge == "acknowledged_writes_present" and v.server == VOL
        ]
        return verdict

    @settings(max_examples=30, deadline=None)
    @given(st.lists(st.integers(1, 9), min_size=1, max_size=8), RANGES)
    def test_are_lost_exactly_when_one_number_is_not_intact(self, sizes, intact):
        acknowledged, first = [], 1
        for size in sizes:
            acknowledged.append((first, first + size - 1))
            first += size
        verdict = self.verdict(acknowledged, intact)
        lost = numbers(acknowledged) - numbers(intact)
        self.assertEqual(FAIL if lost else PASS, verdict.outcome)
        if lost:
            self.assertTrue(verdict.reason.startswith(f"{len(lost)} of "))

    def test_of_which_some_are_missing_on_the_record_are_unknown(self):
        for acknowledged in (
            [(2, 9)],
            [(1, 4), (6, 9)],
            [(1, 4), (4, 9)],
            [(1, 9), (9, 8)],
        ):
            verdict = self.verdict(acknowledged, [(1, 50)])
            self.assertEqual(UNKNOWN, verdict.outcome, acknowledged)
            self.assertIn("holes", verdict.reason)

    def test_are_there_or_not_at_each_moment_they_are_read(self):
        for moment in (words.RUNNING, words.RETURNED, words.REBOOTED):
            spoil = changed(DataRead, {"intact": ((1, 99),)}, server=VOL, moment=moment)
            events = spoil(healthy.healthy())
            (verdict,) = [
                v
                for v in judges.judge(healthy.lines(events), healthy.SCENARIO)
                if v.judge == "acknowledged_writes_present" and v.server == VOL
            ]
            self.assertEqual(FAIL, verdict.outcome, moment)
