# SPDX-License-Identifier: Apache-2.0
"""The judge of copies where not all could be looked at, or nothing was moved."""

from __future__ import annotations

import unittest

from migration_tests import judges
from migration_tests.record import words
from migration_tests.record.events import (
    DomainsSeen,
    MigrationSeen,
    MoveRequested,
)
from migration_tests.record.verdicts import FAIL, PASS, SKIP, UNKNOWN
from migration_tests.tests.unit import healthy_live as live
from migration_tests.tests.unit import healthy_record as healthy
from migration_tests.tests.unit import record_parts as parts
from migration_tests.tests.unit.live_breakages import LIVE_BREAKAGES
from migration_tests.tests.unit.record_parts import (
    DESTINATION,
    RUNS,
    SHR,
    SOURCE,
    between,
    ending,
    with_events,
    without,
)
from migration_tests.tests.unit.spoils import not_back, stopped


class Copies(unittest.TestCase):
    def judged(self, record, *spoils):
        events = parts.spoiled(record.healthy(), *spoils)
        found = judges.judge(record.lines(events), record.SCENARIO)
        return {v.server: v for v in found if v.judge == "single_copy"}

    def outcomes(self, record, *spoils):
        return {v.outcome for v in self.judged(record, *spoils).values()}


class OnAHostThatStaysDead(Copies):
    DEAD = (not_back(), stopped(145, "power_on", "compute1 is not back", words.HARNESS))

    def test_are_not_judged_and_the_host_is_named(self):
        found = self.judged(healthy, *self.DEAD)
        self.assertEqual({SKIP}, {v.outcome for v in found.values()})
        for verdict in found.values():
            self.assertIn("the host came back", verdict.reason)
            self.assertIn("(host_recovered)", verdict.reason)

    def test_fail_if_one_is_seen_there_all_the_same(self):
        found = self.judged(
            healthy,
            *self.DEAD,
            without(DomainsSeen, host=SOURCE),
            with_events(
                parts.watched(SOURCE, 50, 98, {**healthy.ALL_RUN}),
                parts.watched(SOURCE, 101, 139, None),
                parts.watched(SOURCE, 141, 187, {SHR: RUNS}),
            ),
        )
        self.assertEqual(FAIL, found.pop(SHR).outcome)
        self.assertEqual({SKIP}, {v.outcome for v in found.values()})

    def test_are_not_judged_either_if_the_record_breaks_off_before_it_is_back(self):
        for verdict in self.judged(healthy, ending(137)).values():
            self.assertEqual(SKIP, verdict.outcome)
            self.assertIn("it is not known whether the host came back", verdict.reason)


class OfWhatDidNotMove(Copies):
    REFUSED = LIVE_BREAKAGES["all live migrations are refused and the scenario stops there"][0]

    def test_are_judged_by_the_looks_that_there_are(self):
        self.assertEqual({PASS}, self.outcomes(live, *self.REFUSED))

    def test_fail_if_a_second_one_runs_though_the_move_was_refused(self):
        found = self.judged(
            live,
            *self.REFUSED,
            without(DomainsSeen),
            with_events(
                parts.watched(SOURCE, 40, 98, live.BOTH),
                parts.watched(DESTINATION, 42, 96, {SHR: RUNS}),
            ),
        )
        self.assertEqual(FAIL, found[SHR].outcome)

    def test_are_looked_for_to_the_last_step_when_a_move_never_ended(self):
        spoils = LIVE_BREAKAGES["no live migration ends and the scenario stops there"][0]
        self.assertEqual({PASS}, self.outcomes(live, *spoils))
        late = (between(72, 89, DomainsSeen), between(90, 98.5, DomainsSeen))
        found = self.judged(live, *spoils, *late)
        self.assertEqual({UNKNOWN}, {v.outcome for v in found.values()})
        self.assertIn("was not looked at from", found[SHR].reason)

    def test_are_not_judged_if_nobody_knows_whether_anything_was_moved(self):
        spoils = (without(MoveRequested), without(MigrationSeen))
        for verdict in self.judged(live, *spoils).values():
            self.assertEqual(SKIP, verdict.outcome)
            self.assertIn("(migration_completed)", verdict.reason)

    def test_are_not_judged_if_the_record_breaks_off_while_they_move(self):
        spoils = (without(MigrationSeen, status="completed"), ending(65))
        for verdict in self.judged(live, *spoils).values():
            self.assertEqual(SKIP, verdict.outcome)
            self.assertIn("(migration_completed)", verdict.reason)
