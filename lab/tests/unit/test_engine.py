# SPDX-License-Identifier: Apache-2.0
"""Hosts' containers, archives and processes are described as the engine needs them."""

import io
import tarfile
import tempfile
import types
import unittest
from pathlib import Path

from lab.core import containers
from lab.core.files import File
from lab.core.ini import ini
from lab.core.layout import HostLayout, Interface
from lab.core.outer import Outer, OuterError
from lab.core.units import unit
from lab.hosts.engine import LabEngine
from lab.model.choices import Choices
from lab.model.plan import make_plan


class ContainerTest(unittest.TestCase):
    def test_each_interface_has_its_bridge_its_fixed_mac_and_its_address(self):
        mac = "52:54:00:1a:00:0b"
        card = Interface("eth0", "br-mgmt", mac, "10.0.0.1/24")
        text = containers.configuration(HostLayout("compute1", (card,), 512, 1024), "group")
        for line in (
            "lxc.net.0.link = br-mgmt",
            "lxc.net.0.ipv4.address = 10.0.0.1/24",
            f"lxc.net.0.hwaddr = {mac}",
            "lxc.cgroup.dir = group/compute1",
        ):
            self.assertIn(line, text.splitlines())

    def test_a_host_may_not_set_the_clock_it_shares(self):
        text = containers.configuration(HostLayout("compute1", (), 512, 1024), "group")
        self.assertRegex(text, r"lxc.cap.drop = .*sys_time")

    def test_an_archive_keeps_owners_by_name_modes_and_links(self):
        data = containers.archive(
            [File("/etc/secret", "word", 0o600, "nova:adm")], {"/etc/link": "/etc/secret"}
        )
        with tarfile.open(fileobj=io.BytesIO(data)) as tar:
            secret, link = tar.getmembers()
        self.assertEqual(("nova", "adm", 0o600), (secret.uname, secret.gname, secret.mode))
        self.assertEqual("/etc/secret", link.linkname)


class OuterTest(unittest.TestCase):
    def test_a_lab_that_is_not_up_says_how_to_start_it(self):
        with tempfile.TemporaryDirectory() as folder:
            outer = Outer(Path(folder))
            self.assertFalse(outer.alive)
            with self.assertRaisesRegex(OuterError, "lab up"):
                outer.enter(["true"])


class MostRestartedTest(unittest.TestCase):
    def said_of(self, restarts):
        engine = LabEngine(make_plan("lab", Choices(hosts=1), Path("/nowhere")), Path("/nowhere"))
        engine.running = lambda host: host == "control"

        def run(command, *_, **__):
            text = "the end of its log\n" if "journalctl" in command else restarts
            return types.SimpleNamespace(stdout=text.encode())

        engine.outer = types.SimpleNamespace(run=run)
        return engine.most_restarted()

    def test_the_service_that_ended_most_often_is_named_with_its_log(self):
        said = self.said_of("7 nova-api.service\n31 keystone.service\n0 mariadb.service\n")
        self.assertIn("keystone.service has ended 31 times on control", said)
        self.assertIn("the end of its log", said)
        self.assertIn("lab logs keystone.service --host control", said)

    def test_a_service_that_was_merely_early_is_not(self):
        self.assertEqual("", self.said_of("2 nova-conductor.service\n"))


class RenderingTest(unittest.TestCase):
    def test_lists_and_truths_are_written_as_oslo_config_reads_them(self):
        text = ini({"a": {"on": True, "many": ["x", "y"]}})
        self.assertEqual(["[a]", "on = true", "many = x,y"], text.split("\n")[:3])

    def test_what_a_part_says_of_its_service_wins_over_the_default(self):
        text = unit("x", "/bin/x", Type="notify", RestartSec=9)
        self.assertIn("Type=notify", text)
        self.assertNotIn("Type=simple", text)
        self.assertIn("RestartSec=9", text)
