# SPDX-License-Identifier: Apache-2.0
"""What a flavor's servers take of a host, and which hosts take them, as Nova's filter decides."""

from __future__ import annotations

import unittest

from migration_tests.cloud.flavors import SCOPE, Aggregate, aggregate, flavor, hosts_for

HOSTS = ("c1", "c2", "c3")


def wanting(**specs):
    body = {"id": "1", "name": "f", "vcpus": 1, "ram": 128, "disk": 1}
    return flavor(body, {f"{SCOPE}{key}": value for key, value in specs.items()})


def taking(wanted, *aggregates):
    return hosts_for(wanted, HOSTS, aggregates)


class AFlavor(unittest.TestCase):
    def test_needs_its_root_and_ephemeral_disk_and_its_swap_rounded_up(self):
        body = {"id": "1", "name": "f", "vcpus": 2, "ram": 512, "disk": 3, "swap": 1025}
        found = flavor({**body, "OS-FLV-EXT-DATA:ephemeral": 4}, {})
        self.assertEqual({"VCPU": 2, "MEMORY_MB": 512, "DISK_GB": 9}, found.needs)

    def test_that_takes_nothing_of_a_kind_does_not_need_it(self):
        body = {"id": "1", "name": "f", "vcpus": 1, "ram": 128, "disk": 0, "swap": ""}
        self.assertEqual({"VCPU": 1, "MEMORY_MB": 128}, flavor(body, {}).needs)

    def test_wants_of_aggregates_only_what_is_meant_for_them(self):
        body = {"id": "1", "name": "f", "vcpus": 1, "ram": 128, "disk": 0}
        found = flavor(body, {f"{SCOPE}ssd": "true", "hw:mem_page_size": "large"})
        self.assertEqual({"ssd": "true"}, found.aggregate_specs)


class Hosts(unittest.TestCase):
    def test_all_take_a_flavor_that_wants_nothing(self):
        self.assertEqual(HOSTS, taking(wanting()))

    def test_take_it_if_one_of_their_aggregates_says_what_it_wants(self):
        aggregates = (
            Aggregate("a", ("c1", "c2"), {"ssd": "true"}),
            Aggregate("b", ("c3",), {"ssd": "false"}),
            Aggregate("c", ("c2", "c3"), {}),
        )
        self.assertEqual(("c1", "c2"), taking(wanting(ssd="true"), *aggregates))

    def test_may_have_each_thing_that_it_wants_from_another_aggregate(self):
        aggregates = (
            Aggregate("a", ("c1", "c2"), {"ssd": "true"}),
            Aggregate("b", ("c2", "c3"), {"zone": "x"}),
        )
        self.assertEqual(("c2",), taking(wanting(ssd="true", zone="x"), *aggregates))

    def test_without_an_aggregate_do_not_take_it(self):
        self.assertEqual((), taking(wanting(ssd="true")))

    def test_have_all_the_values_that_an_aggregate_lists(self):
        one = Aggregate("a", ("c1",), {"disk": "ceph, local"})
        for wanted in ("ceph", "local"):
            self.assertEqual(("c1",), taking(wanting(disk=wanted), one))
        self.assertEqual((), taking(wanting(disk="ceph, local"), one))

    def test_are_told_by_the_operators_that_a_flavor_may_use(self):
        one = Aggregate("a", ("c1",), {"disk": "ceph", "speed": "10"})
        for wanted, taken in (
            ({"disk": "<or> ceph <or> local"}, True),
            ({"disk": "<or> nfs <or> local"}, False),
            ({"disk": "s== ceph"}, True),
            ({"disk": "s!= ceph"}, False),
            ({"disk": "<in> ep"}, True),
            ({"speed": ">= 9"}, True),
            ({"speed": "= 9"}, True),
            ({"speed": "< 9"}, False),
            ({"disk": "> 9"}, False),
            ({"disk": "s=="}, False),
        ):
            with self.subTest(wanted):
                self.assertEqual(("c1",) if taken else (), taking(wanting(**wanted), one))


class AnAggregate(unittest.TestCase):
    def test_without_hosts_or_metadata_has_none(self):
        self.assertEqual(Aggregate("a", (), {}), aggregate({"name": "a", "hosts": None}))
