# SPDX-License-Identifier: Apache-2.0
"""Whether servers find room on hosts: by the numbers, the biggest first."""

from __future__ import annotations

import unittest

from migration_tests.runner.room import Need, amounts_text, first_without_place

SMALL, BIG = {"MEMORY_MB": 1}, {"MEMORY_MB": 2}
ONE, TWO = Need(SMALL), Need(BIG)


class Room(unittest.TestCase):
    def test_is_there_for_no_servers_even_without_hosts(self):
        self.assertIsNone(first_without_place([], {}))

    def test_is_given_to_the_biggest_first_and_what_is_placed_takes_it(self):
        room = {"a": BIG, "b": SMALL}
        self.assertIsNone(first_without_place([ONE, TWO], room))
        self.assertEqual(ONE, first_without_place([ONE, TWO, ONE], room))

    def test_is_not_there_for_what_no_host_has_at_all(self):
        self.assertEqual(Need({"FPGA": 1}), first_without_place([Need({"FPGA": 1})], {"a": BIG}))

    def test_must_be_there_of_every_class_on_one_host(self):
        need = Need({"MEMORY_MB": 1, "VCPU": 1})
        room = {"a": {"MEMORY_MB": 9, "VCPU": 0}, "b": {"MEMORY_MB": 0, "VCPU": 9}}
        self.assertEqual(need, first_without_place([need], room))

    def test_is_looked_for_only_where_a_server_may_go(self):
        self.assertEqual(
            Need(SMALL, ("b",)), first_without_place([Need(SMALL, ("b",))], {"a": BIG, "b": {}})
        )

    def test_goes_first_to_servers_that_may_go_to_few_hosts(self):
        room = {"a": BIG, "b": BIG}
        self.assertIsNone(first_without_place([Need(BIG), Need(SMALL, ("a",))], room))

    def test_that_was_given_is_not_taken_from_the_caller(self):
        room = {"a": BIG}
        first_without_place([ONE], room)
        self.assertEqual({"a": {"MEMORY_MB": 2}}, room)


class Amounts(unittest.TestCase):
    def test_are_text_in_the_order_of_their_classes(self):
        self.assertEqual("128 MEMORY_MB, 1 VCPU", amounts_text({"VCPU": 1, "MEMORY_MB": 128}))
        self.assertEqual("nothing", amounts_text({}))
