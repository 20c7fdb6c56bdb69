# SPDX-License-Identifier: Apache-2.0
"""A lab is laid out as asked, and its secrets stay what they were."""

import tempfile
import unittest
from pathlib import Path

from lab.model import plan
from lab.model.choices import MOST_HOSTS, ChoiceError, Choices
from lab.model.secrets import Secrets


class PlanTestCase(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.secrets = Path(folder.name) / "secrets"


class LayingOutTest(PlanTestCase):
    def test_four_hosts_have_each_kind_in_each_zone(self):
        made = plan.make_plan("lab", Choices(hosts=4), self.secrets)
        found = {(host.kind, host.zone) for host in made.computes}
        wanted = {(kind, zone) for kind in ("shared", "ephemeral") for zone in ("az1", "az2")}
        self.assertEqual(wanted, found)

    def test_no_two_hosts_share_an_address_or_a_mac(self):
        made = plan.make_plan("lab", Choices(hosts=MOST_HOSTS), self.secrets)
        for values in (
            [host.mgmt for host in made.hosts],
            [host.bmc for host in made.computes],
            [host.mac(network) for host in made.hosts for network in range(4)],
        ):
            self.assertEqual(len(values), len(set(values)))

    def test_too_many_or_no_hosts_are_refused_with_the_range(self):
        for count in (0, MOST_HOSTS + 1):
            with self.assertRaisesRegex(ChoiceError, f"1 to {MOST_HOSTS}"):
                Choices(hosts=count)

    def test_an_unknown_host_is_answered_with_the_known_ones(self):
        made = plan.make_plan("lab", Choices(hosts=1), self.secrets)
        with self.assertRaisesRegex(plan.PlanError, "control, compute1"):
            made.host("compute9")


class SecretsTest(PlanTestCase):
    def test_a_secret_stays_the_same_and_only_its_owner_reads_it(self):
        first = Secrets(self.secrets)["db-nova"]
        self.assertEqual(first, Secrets(self.secrets)["db-nova"])
        self.assertEqual(0o600, (self.secrets / "db-nova").stat().st_mode & 0o777)
        self.assertEqual(0o700, self.secrets.stat().st_mode & 0o777)

    def test_two_secrets_differ_and_none_shows_in_the_text_form(self):
        secrets = Secrets(self.secrets)
        self.assertNotEqual(secrets["a"], secrets["b"])
        self.assertNotIn(secrets["a"], repr(secrets))

    def test_a_key_pair_stays_the_same(self):
        first = Secrets(self.secrets).key_pair("ssh")
        again = Secrets(self.secrets).key_pair("ssh")
        self.assertEqual(first, again)
        self.assertTrue(first.public.startswith("ssh-ed25519 "))
        self.assertIn("OPENSSH PRIVATE KEY", first.private)
