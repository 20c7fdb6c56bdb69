# SPDX-License-Identifier: Apache-2.0
"""The remedies as files, and how what they are for comes to have them."""

import tempfile
import unittest
from pathlib import Path

from lab import remedies
from lab.loading import changing, starting
from lab.loading.patch import PatchError
from lab.model.choices import Choices
from lab.model.plan import make_plan
from lab.services import neutron
from lab.services.all import render

PORTS, TAPS = "port_up_after_live_migration", "guest_taps_kept_up"


class Remedies(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.plan = make_plan("test", Choices(hosts=2), Path(folder.name) / "secrets")

    def carried(self, host, *left_out):
        parts = render(self.plan, host)
        return starting.render(host, parts, remedies.without(left_out))

    def test_each_names_its_bug_and_where_it_is(self) -> None:
        self.assertEqual((TAPS, PORTS), remedies.names())
        changing.check(self.plan, remedies.known())
        for remedy in remedies.known():
            self.assertTrue(remedy.summary.endswith("."), remedy.name)

    def test_an_unknown_one_is_refused_with_those_there_are(self) -> None:
        with self.assertRaisesRegex(PatchError, f"'taps'; there are: {TAPS}, {PORTS}"):
            remedies.named([TAPS, "taps"])
        self.assertEqual((TAPS, PORTS), remedies.named([PORTS, TAPS, PORTS]))

    def test_neutron_s_api_is_served_with_its_remedy_or_as_published(self) -> None:
        drop_in = f"/etc/systemd/system/{neutron.UNIT}.d/patches.conf"
        files = {file.path: str(file.content) for file in self.carried(self.plan.control).files}
        self.assertIn('"LAB_SERVED=neutron.wsgi.api"', files[drop_in])
        self.assertEqual((), self.carried(self.plan.control, PORTS).files)

    def test_taps_are_kept_up_on_compute_hosts_by_a_unit_or_not_at_all(self) -> None:
        compute = self.plan.computes[0]
        self.assertEqual(("lab-taps.service",), self.carried(compute).units)
        scripts = [file for file in self.carried(compute).files if file.mode == 0o755]
        self.assertIn("ip link set", str(scripts[0].content))
        self.assertEqual((), self.carried(compute, TAPS).units)
        self.assertEqual((), self.carried(self.plan.control).units)
