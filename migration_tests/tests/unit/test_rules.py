# SPDX-License-Identifier: Apache-2.0
"""The cloud's own rules against disturbing a host."""

from __future__ import annotations

import unittest

from chaos.guard import Guard, Identity
from migration_tests.cloud.errors import CloudError
from migration_tests.runner.rules import Allowed, rules
from migration_tests.tests.unit.fake_hosts import host, service

NEED = {"VCPU": 1, "MEMORY_MB": 128}


class Cloud:
    """A cloud that answers what a test has made up."""

    def __init__(self):
        self.on = {"c1": ("mine-1", "mine-2")}
        self.control = {}
        self.hosts = [service("c1"), service("c2")]
        self.left = {"c1": {"VCPU": 9, "MEMORY_MB": 9999}, "c2": {"VCPU": 2, "MEMORY_MB": 256}}

    def server_ids_on(self, name):
        return self.on.get(name, ())

    def controllers_on(self, name):
        return self.control.get(name, ())

    def services(self):
        return tuple(self.hosts)

    def allocations(self, server):
        return {"c1": NEED}

    def room(self):
        return self.left


class Rules(unittest.TestCase):
    def setUp(self):
        self.cloud = Cloud()

    def reasons(self, **allowed):
        own = {"mine-1", "mine-2"}
        guard = Guard(
            runner=Identity("x"), further=rules(self.cloud, Allowed(**allowed), lambda: own)
        )
        return guard.of_inventory(host("c1"))

    def refused_unless(self, words, option, **allowed):
        (reason,) = self.reasons()
        for word in (*words, option):
            self.assertIn(word, reason)
        self.assertEqual([], self.reasons(**allowed))

    def test_a_host_with_nothing_but_the_scenarios_servers_is_not_refused(self):
        self.assertEqual([], self.reasons())

    def test_others_servers_refuse_it_unless_it_is_allowed_by_name(self):
        self.cloud.on["c1"] += ("theirs",)
        allowed = {"with_other_servers": frozenset({"c1"})}
        self.refused_unless(("1 server(s)", "theirs"), "hosts_with_other_servers", **allowed)
        self.assertTrue(self.reasons(with_other_servers=frozenset({"c2"})))

    def test_controllers_refuse_it_unless_it_is_allowed_by_name(self):
        self.cloud.control["c1"] = ("cinder-volume", "nova-conductor")
        allowed = {"with_controllers": frozenset({"c1"})}
        self.refused_unless(("cinder-volume, nova-con",), "hosts_with_controllers", **allowed)

    def test_no_room_on_hosts_that_are_up_refuses_it_unless_room_is_not_asked_for(self):
        self.cloud.left["c2"] = {"VCPU": 9, "MEMORY_MB": 255}
        words = ("128 MEMORY_MB, 1 VCPU fits nowhere", "c2 255 MEMORY_MB, 9 VCPU")
        self.refused_unless(words, "check_room = false", without_room=True)

    def test_a_host_that_is_the_only_one_is_refused(self):
        self.cloud.hosts[1] = service("c2", status="disabled")
        self.refused_unless(("No other compute",), "check_room = false", without_room=True)

    def test_a_cloud_that_cannot_be_asked_is_an_error_where_nothing_is_to_be_harmed_yet(self):
        def fail(name):
            raise CloudError("the lists of services", RuntimeError("down"))

        self.cloud.controllers_on = fail
        mine = {"mine-1", "mine-2"}
        found = rules(self.cloud, Allowed(), lambda: mine, refuse_unasked=False)
        with self.assertRaises(CloudError):
            [rule(host("c1")) for rule in found]

    def test_a_cloud_that_cannot_be_asked_refuses(self):
        def fail(name):
            raise CloudError("the lists of services", RuntimeError("down"))

        self.cloud.controllers_on = fail
        (reason,) = self.reasons()
        self.assertIn("is not known (the lists of services: RuntimeError: down)", reason)
