# SPDX-License-Identifier: Apache-2.0
"""Numbers as ranges: the arithmetic the judge of acknowledged writes rests on."""

from __future__ import annotations

import unittest
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from migration_tests.judges import data, judge
from migration_tests.record import words
from migration_tests.record.events import DataRead, WriteResumed, WritesAcknowledged
from migration_tests.record.verdicts import FAIL, PASS
from migration_tests.tests.unit import told_story as told

RANGE = st.tuples(st.integers(1, 60), st.integers(0, 9)).map(lambda x: (x[0], x[0] + x[1]))
RANGES = st.lists(RANGE, max_size=8)


def numbers(ranges):
    return {n for first, last in ranges for n in range(first, last + 1)}


class Ranges(unittest.TestCase):
    @given(RANGES)
    def test_merged_hold_the_same_numbers_in_as_few_ranges_as_can_be(self, ranges):
        merged = data.merge(ranges)
        self.assertEqual(numbers(ranges), numbers(merged))
        self.assertEqual(len(numbers(ranges)), data.size(merged))
        for (_, last), (first, _) in pairwise(merged):
            self.assertGreater(first, last + 1)

    @given(RANGES, RANGES)
    def test_subtracted_hold_exactly_the_difference(self, ranges, without):
        left = data.subtract(ranges, without)
        self.assertEqual(numbers(ranges) - numbers(without), numbers(left))
        self.assertEqual(left, data.merge(left))

    def test_are_shown_shortened(self):
        self.assertEqual("1, 3-5", data.text([(1, 1), (3, 5)]))
        self.assertEqual("1, 3, ...", data.text([(1, 1), (3, 3), (5, 5)], limit=2))


class AcknowledgedWrites(unittest.TestCase):
    @settings(max_examples=40, deadline=None)
    @given(RANGES.filter(bool), RANGES)
    def test_are_lost_exactly_when_one_number_is_not_intact(self, acknowledged, intact):
        events = told.without(WritesAcknowledged, server=told.VOL)(told.healthy())
        events = told.with_events(
            *(
                (90, WritesAcknowledged(server=told.VOL, first=first, last=last))
                for first, last in acknowledged
            )
        )(events)
        events = told.without(WriteResumed, server=told.VOL)(events)
        events = told.without(DataRead, server=told.VOL, moment=words.RECOVERED)(events)
        values = {"intact": tuple(intact)}
        events = told.changed(DataRead, values, server=told.VOL, moment=words.STARTED)(events)
        (verdict,) = [
            v
            for v in judge(told.lines(events), told.STORY)
            if v.judge == "acknowledged_writes_present" and v.server == told.VOL
        ]
        lost = numbers(acknowledged) - numbers(intact)
        self.assertEqual(FAIL if lost else PASS, verdict.outcome)
        if lost:
            self.assertTrue(verdict.reason.startswith(f"{len(lost)} of "))
