# SPDX-License-Identifier: Apache-2.0
"""libvirt, the QEMU wrapper and nova-compute as rendered text; nothing here runs a daemon."""

import os
import subprocess
import tempfile
import unittest
import uuid
from pathlib import Path

from lab.model.choices import Choices
from lab.model.plan import make_plan
from lab.services import ceph, in_process, libvirt, metadata_agent, qemu_wrapper
from lab.services.in_process import run
from lab.services.nova import common as nova_common
from lab.services.nova import compute as nova_compute
from lab.tests.unit.test_network_parts import read_ini


class ComputeParts(unittest.TestCase):
    def setUp(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.plan = make_plan("test", Choices(hosts=4), Path(self.folder.name) / "secrets")

    def files(self, part, host: str) -> dict[str, str]:
        rendered = part.render(self.plan, self.plan.host(host))
        return {file.path: str(file.content) for file in rendered.files}

    def nova(self, host: str):
        return read_ini(self.files(nova_compute, host)[nova_common.CONFIG])

    def test_the_controller_runs_no_guests(self) -> None:
        for part in (libvirt, qemu_wrapper, nova_compute):
            self.assertEqual({}, self.files(part, "control"))

    def test_each_libvirt_has_an_identity_and_listens_on_its_own_address_only(self) -> None:
        seen = set()
        for host in self.plan.computes:
            text = self.files(libvirt, host.name)["/etc/libvirt/libvirtd.conf"]
            self.assertIn(f'listen_addr = "{host.mgmt}"', text)
            seen.add(uuid.UUID(libvirt.host_uuid(self.plan, host)))
            self.assertIn(libvirt.host_uuid(self.plan, host), text)
        self.assertEqual(4, len(seen))

    def test_libvirt_finds_the_wrapper_before_qemu(self) -> None:
        text = self.files(libvirt, "compute1")["/etc/systemd/system/libvirtd.service"]
        self.assertIn(f'"PATH={qemu_wrapper.FOLDER}:', text)

    def started(self, *words: str, losing: bool = False) -> list[str]:
        """Return the arguments that QEMU is started with by the wrapper."""
        texts = self.files(qemu_wrapper, "compute1")
        folder = Path(self.folder.name)
        real, loser, script = (folder / name for name in ("real", "loser", "wrapper"))
        switch = folder / "switch"
        if losing:
            switch.touch()
        real.write_text('#!/bin/sh\nfor each in "$@"; do echo "<$each>"; done\n')
        text = texts.pop(f"{qemu_wrapper.FOLDER}/{qemu_wrapper.BINARY}")
        ((place, code),) = texts.items()
        loser.write_text(code)
        text = text.replace(f"/usr/bin/{qemu_wrapper.BINARY}", str(real))
        text = text.replace(qemu_wrapper.LOSING, str(switch))
        script.write_text(text.replace(place, str(loser)))
        for path in (real, loser, script):
            os.chmod(path, 0o755)
        done = subprocess.run([str(script), *words], capture_output=True, text=True, check=True)
        return done.stdout.splitlines()

    def test_the_wrapper_keeps_every_argument_and_adds_the_offloads(self) -> None:
        words = self.started("-name", "guest=a b,x=$HOME", "")
        self.assertEqual(["<-name>", "<guest=a b,x=$HOME>", "<>"], words[:3])
        self.assertEqual("<-global>", words[3])
        self.assertIn("<virtio-net-pci.csum=off>", words)
        self.assertEqual(2 * len(qemu_wrapper.OFFLOADS), len(words) - 3)

    def test_the_wrapper_lets_disks_lose_only_while_it_is_told_to(self) -> None:
        disk = '{"driver": "file", "filename": "/a b", "cache": {"no-flush": false}}'
        self.assertEqual(["<-blockdev>", f"<{disk}>"], self.started("-blockdev", disk)[:2])
        words = self.started("-blockdev", disk, losing=True)
        self.assertIn('"no-flush": true', words[1])
        self.assertIn('"/a b"', words[1])
        self.assertIn("<virtio-net-pci.csum=off>", words)

    def test_shared_hosts_keep_disks_on_rbd_and_the_others_on_their_own(self) -> None:
        for host in self.plan.computes:
            settings = self.nova(host.name)["libvirt"]
            if host.kind == "shared":
                self.assertEqual("rbd", settings["images_type"])
                self.assertIn(settings["images_rbd_pool"], ceph.pools(self.plan))
                self.assertEqual(ceph.secret_uuid(self.plan, "nova"), settings["rbd_secret_uuid"])
            else:
                self.assertEqual("qcow2", settings["images_type"])
                self.assertEqual("cinder", settings["rbd_user"])
                self.assertNotIn("rbd_secret_uuid", settings)

    def test_nova_compute_knows_no_database(self) -> None:
        for host in self.plan.computes:
            self.assertEqual([], [s for s in self.nova(host.name) if "database" in s])
            self.assertNotIn("mysql", str(self.files(nova_compute, host.name)))

    def test_nova_compute_goes_by_the_hosts_name_and_address(self) -> None:
        settings = self.nova("compute3")
        self.assertEqual("compute3", settings["DEFAULT"]["host"])
        self.assertEqual("172.30.1.13", settings["DEFAULT"]["my_ip"])
        self.assertEqual("172.30.1.13", settings["libvirt"]["live_migration_inbound_addr"])

    def test_nova_conf_is_for_the_owner_only(self) -> None:
        rendered = nova_compute.render(self.plan, self.plan.host("compute1"))
        modes = {file.path: file.mode for file in rendered.files}
        self.assertEqual(0o600, modes[nova_common.CONFIG])

    def test_services_that_act_as_root_are_started_without_helpers(self) -> None:
        for part, path in (
            (nova_compute, "/etc/systemd/system/nova-compute.service"),
            (metadata_agent, "/etc/systemd/system/neutron-ovn-agent.service"),
        ):
            name = path.rpartition("/")[2].removesuffix(".service")
            text = self.files(part, "compute1")[path]
            self.assertIn(f"ExecStart={in_process.command(name)} --config-file", text)
            self.assertIn(in_process.command(name), self.files(in_process, "compute1"))

    def test_every_starter_knows_its_services_contexts(self) -> None:
        self.assertEqual(set(in_process.SERVICES), set(run.CONTEXTS))

    def test_a_starter_is_called_like_its_service(self) -> None:
        for name in in_process.SERVICES:
            self.assertEqual(name, Path(in_process.command(name)).name)
        self.assertRaises(KeyError, in_process.command, "nova-api")
