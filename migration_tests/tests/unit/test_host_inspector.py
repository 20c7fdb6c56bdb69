# SPDX-License-Identifier: Apache-2.0
"""A look at a host itself: what is there, what is not, and what could not be learned."""

from __future__ import annotations

import tempfile
import unittest
from pathlib import Path
from unittest import mock

from chaos.deadline import Deadline
from migration_tests.observers.hosts import HostInspector
from migration_tests.observers.hypervisor import HostCommands
from migration_tests.record import history
from migration_tests.record.words import BEFORE, RETURNED
from migration_tests.tests.unit.fake_cloud import FakeCloud
from migration_tests.tests.unit.fake_hosts import FakeHostShell, host

ONE = "11111111-1111-4111-8111-111111111111"


class InspectorCase(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = Path(folder.name) / "history.jsonl"
        self.cloud = FakeCloud(folder.name)
        shell = type("Shell", (FakeHostShell,), {"cloud": self.cloud})
        patch = mock.patch("migration_tests.observers.hosts.HostShell", shell)
        patch.start()
        self.addCleanup(patch.stop)
        self.record = history.History(self.path).recorder("scenario", "observers.hosts")

    def inspect(self, **commands):
        return HostInspector(HostCommands(**commands), self.record)

    def look(self, name="c1", **commands):
        inspector = self.inspect(**commands)
        servers = sorted(self.cloud.servers)
        inspector.look(host(name), servers, RETURNED, Deadline.after(5))
        return self.events("host.inspected")[-1]

    def server(self, kind="shared"):
        made = self.cloud.create_server(name="n", flavorRef=kind, host="c1")["server"]["id"]
        self.cloud.runs(made)
        return made

    def events(self, kind):
        lines = history.read(self.path) if self.path.exists() else []
        return [line.event for line in lines if line.kind == kind]

    def lost(self):
        return [one.error for one in self.events("harness.error")]


class AHost(InspectorCase):
    def test_shows_its_domains_with_their_states_whose_ever_they_are(self):
        server = self.server()
        self.cloud.domains["c1"][ONE] = "shut off"
        seen = {one.server: one.state for one in self.look().domains}
        self.assertEqual({server: "running", ONE: "shut off"}, seen)

    def test_shows_the_disks_that_a_domain_opens_and_whether_they_are_there(self):
        there, gone, away = self.server(), self.server("ephemeral"), self.server("volume")
        self.cloud.lost_disks.add(gone)
        seen = {one.server: one.present for one in self.look().sources}
        self.assertEqual({there: True, gone: False, away: None}, seen)

    def test_shows_local_disk_files_of_the_servers(self):
        local = self.server("ephemeral")
        self.server("shared")
        looked = self.look()
        self.assertEqual([local], [server for server, _ in looked.disks])
        self.assertEqual(4, len(looked.marks))  # a folder and a disk each

    def test_without_domains_has_none_and_no_disks_of_them(self):
        looked = self.look("c3")
        self.assertEqual(((), ()), (looked.domains, looked.sources))
        self.assertEqual([], self.lost())

    def test_that_does_not_answer_leaves_all_unknown_and_says_why(self):
        self.server()
        self.cloud.off.add("c1")
        looked = self.look()
        self.assertEqual((None, None, None), (looked.domains, looked.disks, looked.sources))
        self.assertTrue(all("c1 does not answer" in text for text in self.lost()))
        self.assertEqual({("host.inspected",)}, {one.lost for one in self.events("harness.error")})

    def test_whose_list_of_domains_is_cut_off_has_not_none_but_an_unknown_number(self):
        self.server()
        self.cloud.host_answers["list --all --uuid; echo section"] = (0, "")
        for argv in (HostCommands().domains(),):
            self.cloud.host_answers[argv[-1]] = (0, f"{ONE}\n")
        looked = self.look()
        self.assertEqual((None, None), (looked.domains, looked.sources))
        self.assertIn("sections", self.lost()[0])
        self.assertIsNotNone(looked.disks)

    def test_whose_list_of_disks_cannot_be_read_has_unknown_disks(self):
        self.server()
        self.cloud.host_answers["domblklist"] = (0, "")
        looked = self.look()
        self.assertIsNone(looked.sources)
        self.assertIsNotNone(looked.domains)
        self.assertEqual(1, len(self.lost()))

    def test_that_cannot_say_whether_a_file_is_there_is_not_taken_to_lack_it(self):
        self.server()
        self.cloud.host_answers["test"] = (127, "")
        looked = self.look()
        self.assertIsNone(looked.sources)
        self.assertIn("127", self.lost()[0])

    def test_that_is_asked_for_processes_says_nothing_of_disks_and_loses_nothing(self):
        self.cloud.host_answers["ps"] = (0, f"qemu -uuid {ONE}\n")
        looked = self.look(driver="process")
        self.assertEqual([ONE], [one.server for one in looked.domains])
        self.assertIsNone(looked.sources)
        self.assertEqual([], self.lost())


class ABootId(InspectorCase):
    def boot_id(self):
        self.inspect().boot_id(host("c1"), BEFORE, Deadline.after(5))

    def test_is_read_on_the_host(self):
        self.boot_id()
        (booted,) = self.events("host.booted")
        self.assertEqual((BEFORE, self.cloud.boot_ids["c1"]), (booted.moment, booted.boot_id))

    def test_of_a_host_that_does_not_answer_is_lost(self):
        self.cloud.off.add("c1")
        self.boot_id()
        self.assertEqual([], self.events("host.booted"))
        self.assertEqual([("host.booted",)], [one.lost for one in self.events("harness.error")])

    def test_that_is_none_is_lost(self):
        self.cloud.boot_ids["c1"] = "nonsense"
        self.boot_id()
        self.assertIn("gave no boot ID", self.lost()[0])
