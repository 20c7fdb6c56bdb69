# SPDX-License-Identifier: Apache-2.0
"""Gaps of known length are found, with an error bound that holds."""

from __future__ import annotations

import unittest

from hypothesis import given
from hypothesis import strategies as st

from migration_tests.observers.gaps import analyse

LATE = 0.2


def answered(sent, outage=None, held_back=False, trip=0.001):
    """The answers to probes when the network is away from outage[0] to outage[1]."""
    answers = []
    for moment in sent:
        if outage and outage[0] <= moment < outage[1]:
            answers.append(outage[1] + trip if held_back else None)
        else:
            answers.append(moment + trip)
    return answers


def every(interval, seconds):
    return [index * interval for index in range(round(seconds / interval))]


class AnUndisturbedServer(unittest.TestCase):
    def test_has_no_gap_and_the_interval_bounds_what_may_have_been_missed(self):
        sent = every(0.01, 5)
        found = analyse(sent, answered(sent), LATE, 5.0)
        self.assertEqual((), found.gaps)
        self.assertEqual(0.0, found.longest)
        self.assertAlmostEqual(0.01, found.error, 3)
        self.assertEqual(500, found.answered)

    def test_is_not_blamed_for_a_pause_of_the_prober_but_the_error_shows_it(self):
        sent = [t for t in every(0.01, 5) if not 2.0 < t < 2.8]
        found = analyse(sent, answered(sent), LATE, 5.0)
        self.assertEqual((), found.gaps)
        self.assertAlmostEqual(0.8, found.error, 1)

    def test_may_owe_its_last_answer(self):
        sent = every(0.01, 1)
        answers = answered(sent)
        answers[-1] = None
        self.assertEqual((), analyse(sent, answers, LATE, 1.0).gaps)


class AnOutage(unittest.TestCase):
    def test_that_loses_packets_is_one_gap_of_its_length(self):
        sent = every(0.01, 5)
        found = analyse(sent, answered(sent, (1.234, 2.345)), LATE, 5.0)
        (gap,) = found.gaps
        self.assertAlmostEqual(1.111, gap.length, delta=gap.error)
        self.assertLess(gap.error, 0.02)

    def test_that_holds_packets_back_is_one_gap_of_its_length(self):
        sent = every(0.01, 5)
        found = analyse(sent, answered(sent, (1.234, 2.345), held_back=True), LATE, 5.0)
        (gap,) = found.gaps
        self.assertAlmostEqual(1.111, gap.length, delta=gap.error)

    def test_that_holds_packets_back_is_off_by_no_more_than_two_answers_may_take(self):
        sent = every(0.01, 5)
        answers = [
            max(one, other)
            for one, other in zip(
                answered(sent, (1.0, 2.0), held_back=True),
                answered(sent, (2.02, 3.5), held_back=True),
                strict=True,
            )
        ]
        # The first of the packets held back is lost, so the answer is to the one behind it.
        answers[202] = None
        found = analyse(sent, answers, LATE, 5.0)
        self.assertEqual(2, len(found.gaps))
        self.assertLess(found.error, 2 * LATE)

    def test_that_meets_a_pause_of_the_server_is_bounded_by_the_pauses_before_it(self):
        sent = every(0.01, 5)
        # It pauses for 40 ms once a second; the network goes just before it would answer again.
        pause = {index: 0.01 * (4 - index % 100) for index in range(500) if index % 100 < 4}
        answers = [at + pause.get(index, 0.001) for index, at in enumerate(sent)]
        begin, end = sent[303] + 0.005, sent[303] + 0.055
        lost = [begin <= answer < end or begin <= at < end
                for at, answer in zip(sent, answers, strict=True)]  # fmt: skip
        answers = [None if gone else answer for gone, answer in zip(lost, answers, strict=True)]
        (gap,) = analyse(sent, answers, LATE, 5.0).gaps
        self.assertGreater(gap.length - 0.05, 0.03)
        self.assertLessEqual(gap.length - 0.05, gap.error)

    def test_of_a_single_probe_is_a_gap_too(self):
        sent = every(0.01, 1)
        answers = answered(sent)
        answers[50] = None
        (gap,) = analyse(sent, answers, LATE, 1.0).gaps
        self.assertAlmostEqual(0.011, gap.length, 6)

    def test_that_never_ends_lasts_to_the_end_of_the_probing(self):
        sent = every(0.01, 5)
        (gap,) = analyse(sent, answered(sent, (3.0, 9.0)), LATE, 5.0).gaps
        self.assertAlmostEqual(2.0, gap.length, delta=gap.error)
        self.assertEqual(5.0, gap.t_end)

    def test_comes_after_another_as_a_gap_of_its_own(self):
        sent = every(0.01, 5)
        answers = answered(sent, (1.0, 1.5))
        later = answered(sent, (3.0, 4.0))
        both = [None if None in pair else pair[0] for pair in zip(answers, later, strict=True)]
        found = analyse(sent, both, LATE, 5.0)
        self.assertEqual(2, len(found.gaps))
        self.assertAlmostEqual(1.0, found.longest, delta=found.error)

    @given(
        start=st.floats(0.5, 2.0),
        length=st.floats(0.25, 2.0),
        interval=st.sampled_from([0.005, 0.01, 0.1]),
        held_back=st.booleans(),
    )
    def test_is_never_off_by_more_than_its_error(self, start, length, interval, held_back):
        sent = every(interval, 5)
        outage = (start, start + length)
        found = analyse(sent, answered(sent, outage, held_back), LATE, 5.0)
        if held_back and not found.gaps:
            # Every answer still came before it counted as late.
            self.assertLessEqual(length, LATE + found.error)
        else:
            self.assertLessEqual(abs(found.longest - length), found.error + 1e-9)


class ABusyRunner(unittest.TestCase):
    """Its probes leave some time before it notes that they have, and answers are slow at first."""

    @given(
        start=st.floats(0.5, 2.0),
        length=st.floats(0.25, 2.0),
        interval=st.sampled_from([0.005, 0.01, 0.1]),
        trip=st.floats(0.0, 0.1),
        slow=st.floats(0.0, 0.19),
        turn=st.floats(0.0, 1.0),
        pauses=st.lists(st.floats(0.0, 0.9), min_size=7, max_size=7),
    )
    def test_is_never_off_by_more_than_its_error(self, **drawn):
        """A packet is lost if it passes the cut in the outage, on the way there or back."""
        start, length, interval = drawn["start"], drawn["length"], drawn["interval"]
        trip, turn = drawn["trip"], drawn["turn"]
        began = every(interval, 5)
        sent = [at + interval * drawn["pauses"][index % 7] for index, at in enumerate(began)]
        answers = []
        for at in began:
            passes = (at + trip * turn / 2, at + trip * (1 - turn / 2))
            lost = any(start <= moment < start + length for moment in passes)
            late = drawn["slow"] if passes[0] >= start + length else 0.0
            answers.append(None if lost else at + max(trip, late))
        found = analyse(sent, answers, LATE, 5.0, began)
        self.assertLessEqual(abs(found.longest - length), found.gaps[0].error + 1e-9)


class AServerThatNeverAnswers(unittest.TestCase):
    def test_is_one_gap_from_beginning_to_end(self):
        sent = every(0.01, 2)
        found = analyse(sent, [None] * len(sent), LATE, 2.0)
        self.assertEqual(0, found.answered)
        self.assertIsNone(found.round_trip)
        self.assertEqual(2.0, found.longest)

    def test_needs_not_even_be_asked(self):
        self.assertEqual((), analyse([], [], LATE, 2.0).gaps)
