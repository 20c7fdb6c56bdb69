# SPDX-License-Identifier: Apache-2.0
"""The scenario classes ask every judge, each test has an ID of its own, and no two run at once."""

from __future__ import annotations

import unittest

from migration_tests.judges import JUDGES
from migration_tests.tests.scenario import test_host_failure

CLASSES = (
    test_host_failure.SharedStorageHostOffOverIpmi,
    test_host_failure.EphemeralStorageHostOffOverSsh,
)


def tests(case):
    return [name for name in dir(case) if name.startswith("test_")]


ATTRIBUTES = "__testtools_attrs"  # where Tempest's decorator keeps the ID


class TheScenarios(unittest.TestCase):
    def test_ask_every_judge(self):
        asked = {name.removeprefix("test_") for case in CLASSES for name in tests(case)}
        self.assertEqual({judge.name for judge in JUDGES}, asked)

    def test_have_a_uuid_of_their_own_for_each_test(self):
        uuids = [
            attribute
            for case in CLASSES
            for name in tests(case)
            for attribute in getattr(getattr(case, name), ATTRIBUTES)
        ]
        self.assertEqual(len(set(uuids)), len(uuids))
        self.assertEqual(sum(len(tests(case)) for case in CLASSES), len(uuids))

    def test_are_told_one_at_a_time(self):
        for case in CLASSES:
            self.assertTrue(case.is_serial_execution_requested())

    def test_have_names_of_their_own_in_the_record(self):
        self.assertEqual(len(CLASSES), len({case.story_name for case in CLASSES}))
