# SPDX-License-Identifier: Apache-2.0
"""An older release gets its own options, switches and starters; the newest gets none of them."""

import tempfile
import unittest
from pathlib import Path

from lab.model import differences
from lab.model.choices import Choices, releases
from lab.model.plan import make_plan
from lab.services import in_process, neutron
from lab.services.in_process import run
from lab.services.nova import compute as nova_compute
from lab.services.nova import control as nova_control

CONTEXT = "os_brick.privileged:brick_privsep_hide_output"


class ReleasesTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def plan(self, release):
        return make_plan("x", Choices(hosts=2, release=release), self.folder / "secrets")

    def test_neutron_is_told_its_network_types_by_the_name_that_it_knows(self):
        old = neutron.configuration(self.plan("2025.2"))["ml2"]
        self.assertEqual("geneve", old["tenant_network_types"])
        self.assertNotIn("project_network_types", old)
        for release in ("2026.1", "2026.2"):
            new = neutron.configuration(self.plan(release))["ml2"]
            self.assertEqual("geneve", new["project_network_types"])
            self.assertNotIn("tenant_network_types", new)

    def test_an_option_that_a_release_does_not_have_is_left_out(self):
        for release, there in (("2025.2", False), ("2026.1", True), ("2026.2", True)):
            plan = self.plan(release)
            for sections in (
                nova_control.configuration(plan),
                nova_compute.configuration(plan, plan.computes[0]),
            ):
                self.assertEqual(there, "manager_shutdown_timeout" in sections["DEFAULT"])
                self.assertIn("graceful_shutdown_timeout", sections["DEFAULT"])

    def test_novas_apis_use_real_threads_in_every_release(self):
        for release, switched in (("2025.2", True), ("2026.1", False), ("2026.2", False)):
            plan = self.plan(release)
            files = {file.path: file.content for file in
                     nova_control.render(plan, plan.control).files}  # fmt: skip
            for unit in (nova_control.API_UNIT, nova_control.METADATA_UNIT):
                text = files[f"/etc/systemd/system/{unit}"]
                self.assertEqual(switched, "OS_NOVA_DISABLE_EVENTLET_PATCHING=true" in text)

    def test_the_starter_leaves_out_only_what_the_release_lacks(self):
        for release, there in (("2025.2", False), ("2026.1", True), ("2026.2", True)):
            plan = self.plan(release)
            (listed,) = [
                file for file in in_process.render(plan, plan.control).files
                if Path(file.path).name == run.MISSING
            ]  # fmt: skip
            (self.folder / run.MISSING).write_text(listed.content)
            found = run.contexts("nova-compute", self.folder)
            self.assertEqual(there, CONTEXT in found)
            self.assertIn("os_brick.privileged:default", found)

    def test_what_is_said_of_a_release_is_said_of_one_that_can_be_had(self):
        self.assertLessEqual(set(differences._OLDER), set(releases()))
        contexts = {context for all_of_one in run.CONTEXTS.values() for context in all_of_one}
        for difference in differences._OLDER.values():
            self.assertLessEqual(set(difference.no_contexts), contexts)
