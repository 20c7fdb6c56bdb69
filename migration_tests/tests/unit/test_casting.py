# SPDX-License-Identifier: Apache-2.0
"""Which host is disturbed: only one that may be, that works, and that is nobody else's."""

from __future__ import annotations

import unittest
from pathlib import Path

from chaos.inventory import BmcAccess, Host, SshAccess
from chaos.inventory.secret import Secret
from migration_tests.cloud.data import ServiceState
from migration_tests.stories.casting import choose


def host(name, disturb=True, bmc=True):
    ssh = SshAccess(address="192.0.2.1", user="root", known_hosts_file=Path("known_hosts"))
    access = BmcAccess(
        driver="ipmi", address="192.0.2.2", user="admin", password=Secret(env="BMC_PASSWORD")
    )
    return Host(name=name, ssh=ssh, bmc=access if bmc else None, disturb=disturb)


def service(name, state="up", status="enabled", forced_down=False):
    return ServiceState(name, name, state, status, forced_down, "now")


def choice(hosts, services, rules=()):
    return choose(hosts, services, rules)


class AHost(unittest.TestCase):
    def refused(self, reason, found):
        self.assertEqual((), found.allowed)
        self.assertIn(reason, found.why_not())

    def test_that_may_be_disturbed_and_works_is_chosen(self):
        self.assertEqual(("c1",), choice([host("c1")], [service("c1")]).allowed)

    def test_that_may_not_be_disturbed_is_refused(self):
        self.refused("does not allow", choice([host("c1", disturb=False)], [service("c1")]))

    def test_without_a_way_back_is_refused(self):
        self.refused("no BMC", choice([host("c1", bmc=False)], [service("c1")]))

    def test_that_nova_does_not_know_is_refused(self):
        self.refused("knows no compute", choice([host("c1")], [service("c2")]))

    def test_that_is_down_disabled_or_forced_down_is_refused(self):
        for broken in (
            service("c1", state="down"),
            service("c1", status="disabled"),
            service("c1", forced_down=True),
        ):
            with self.subTest(broken):
                self.refused("its compute service is", choice([host("c1")], [broken]))

    def test_that_a_rule_of_the_cloud_is_against_is_refused_in_the_words_of_all_such_rules(self):
        rules = (lambda host: f"{host.name} is theirs.", lambda _: None, lambda _: "Full.")
        self.refused("c1 is theirs. Full.", choice([host("c1")], [service("c1")], rules))
