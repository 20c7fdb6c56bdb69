# SPDX-License-Identifier: Apache-2.0
"""The table of promises: the first row that fits counts, versions are numbers."""

from __future__ import annotations

import dataclasses
import unittest

from migration_tests import config
from migration_tests.promises import ROWS, NoPromiseError, expectation
from migration_tests.promises.table import ANY
from migration_tests.record.events import Expectation
from migration_tests.record.microversions import version
from migration_tests.record.words import (
    ACTIVE,
    ANOTHER_HOST,
    EPHEMERAL,
    EVACUATION,
    KEPT,
    LIVE_MIGRATION,
    LOST,
    MOVES,
    NONE,
    PRISTINE,
    RESIZE,
    SAME_HOST,
    SHARED,
    STOPPED,
    STORAGES,
    VOLUME,
)


class AVersion(unittest.TestCase):
    def test_is_two_numbers(self):
        self.assertGreater(version("2.100"), version("2.95"))
        self.assertLess(version("2.9"), version("2.74"))
        self.assertGreater(version("3.1"), version("2.95"))

    def test_that_is_none_is_refused(self):
        for text in ("latest", "2", "", "2.x"):
            with self.subTest(text), self.assertRaises(ValueError):
                version(text)


class AnEvacuatedServer(unittest.TestCase):
    def test_is_left_stopped_from_2_95_on_and_runs_before(self):
        for api, end in (("2.94", ACTIVE), ("2.95", STOPPED), ("2.100", STOPPED)):
            for storage in STORAGES:
                self.assertEqual(end, expectation(EVACUATION, storage, ACTIVE, api).end)

    def test_that_was_stopped_stays_so_whatever_the_version(self):
        for api in ("2.74", "2.95"):
            found = expectation(EVACUATION, VOLUME, STOPPED, api)
            self.assertEqual((STOPPED, NONE), (found.end, found.memory))

    def test_keeps_its_data_but_on_local_disks(self):
        found = {one: expectation(EVACUATION, one, ACTIVE, "2.95").data for one in STORAGES}
        self.assertEqual({VOLUME: KEPT, SHARED: KEPT, EPHEMERAL: PRISTINE}, found)

    def test_loses_its_memory_and_is_elsewhere(self):
        found = expectation(EVACUATION, SHARED, ACTIVE, "2.95")
        self.assertEqual((LOST, ANOTHER_HOST, ""), (found.memory, found.place, found.gap_limit))


class ALiveMigratedServer(unittest.TestCase):
    def test_keeps_everything_and_is_away_no_longer_than_an_option_says(self):
        for storage in STORAGES:
            found = expectation(LIVE_MIGRATION, storage, ACTIVE, "2.95")
            self.assertEqual((ACTIVE, KEPT, KEPT), (found.end, found.data, found.memory))
            self.assertEqual("live_gap_limit", found.gap_limit)


class TheTable(unittest.TestCase):
    def test_gives_the_first_row_that_fits(self):
        first, second = (
            dataclasses.replace(ROWS[0], storage=ANY, since="2.1", end=end) for end in "AB"
        )
        found = expectation(EVACUATION, SHARED, ACTIVE, "2.95", rows=(first, second))
        self.assertEqual("A", found.end)

    def test_has_newer_versions_above_older_ones(self):
        for index, row in enumerate(ROWS):
            for later in ROWS[index + 1 :]:
                same = (row.move, row.state, row.decision) == (
                    later.move,
                    later.state,
                    later.decision,
                )
                if same and row.storage in (later.storage, ANY):
                    self.assertGreater(version(row.since), version(later.since), later)

    def test_says_where_each_promise_stands(self):
        for row in ROWS:
            self.assertTrue(row.source)
            self.assertIn(row.move, MOVES)

    def test_limits_gaps_by_options_that_there_are(self):
        options = {option.name for option in config.LIMIT_OPTIONS}
        self.assertLessEqual({row.gap_limit for row in ROWS if row.gap_limit}, options)

    def test_without_a_row_promises_nothing_and_says_what_was_looked_for(self):
        with self.assertRaisesRegex(NoPromiseError, "resize of a server on shared .* ACTIVE"):
            expectation(RESIZE, SHARED, ACTIVE, "2.95")
        with self.assertRaises(NoPromiseError):
            expectation(EVACUATION, SHARED, "RESCUE", "2.95")


class ADeparture(unittest.TestCase):
    def test_stands_in_place_of_what_the_table_says(self):
        found = expectation(EVACUATION, SHARED, ACTIVE, "2.95", {"place": SAME_HOST})
        self.assertEqual((SAME_HOST, KEPT), (found.place, found.data))

    def test_may_say_that_the_move_is_refused(self):
        found = expectation(EVACUATION, SHARED, ACTIVE, "2.95", {"refused": "409"})
        self.assertEqual("409", found.refused)

    def test_of_what_no_expectation_says_is_an_error(self):
        with self.assertRaisesRegex(NoPromiseError, "colour"):
            expectation(EVACUATION, SHARED, ACTIVE, "2.95", {"colour": "red"})

    def test_may_touch_every_field_that_the_table_fills(self):
        fields = {field.name for field in dataclasses.fields(Expectation)}
        row = {field.name for field in dataclasses.fields(ROWS[0])}
        self.assertLessEqual(fields - {"refused", "fails"}, row)
