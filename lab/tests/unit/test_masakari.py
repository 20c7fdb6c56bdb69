# SPDX-License-Identifier: Apache-2.0
"""Masakari and its cluster: only where chosen, and the controller always knows who died."""

import re
import tempfile
import unittest
from pathlib import Path

from lab.core.files import NOTHING
from lab.model.choices import Choices, releases
from lab.model.plan import make_plan
from lab.services import masakari, pacemaker


class MasakariTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.secrets = Path(folder.name) / "secrets"

    def plan(self, hosts=4, extras=("masakari",)):
        return make_plan("lab", Choices(hosts=hosts, extras=extras), self.secrets)

    def test_a_lab_that_did_not_choose_it_has_nothing_of_it(self):
        plan = self.plan(extras=())
        for host in plan.hosts:
            self.assertIs(NOTHING, masakari.render(plan, host))
            self.assertIs(NOTHING, pacemaker.render(plan, host))

    def test_every_release_has_a_lock_file_for_it(self):
        for release in releases():
            plain = Choices(release=release).lock_text
            more = Choices(release=release, extras=("masakari",)).lock_text
            self.assertTrue(more.startswith(plain))
            self.assertIn("masakari-monitors==", more)

    def test_what_both_locks_name_they_name_in_the_same_version(self):
        for release in releases():
            text = Choices(release=release, extras=("masakari",)).lock_text
            versions = {}
            for name, version in re.findall(r"^([A-Za-z0-9_.-]+)==([^ ]+)", text, re.M):
                self.assertEqual(version, versions.setdefault(name, version), name)

    def test_the_controller_outvotes_all_compute_hosts_together(self):
        for count in (1, 2, 5):
            text = pacemaker.corosync_conf(self.plan(hosts=count))
            votes = [int(number) for number in re.findall(r"quorum_votes: (\d+)", text)]
            self.assertEqual(count + 1, len(votes))
            self.assertGreater(votes[0], sum(votes[1:]))

    def test_secrets_are_in_files_of_the_owner_only(self):
        plan = self.plan()
        secrets = [plan.secrets[name] for name in ("corosync", "keystone-masakari", "db-masakari")]
        for part in (masakari, pacemaker):
            for file in part.render(plan, plan.control).files:
                if any(secret in file.content for secret in secrets):
                    self.assertEqual(0, file.mode & 0o077, file.path)
