# SPDX-License-Identifier: Apache-2.0
"""Ceph's keys and files as text; nothing here runs a daemon."""

import base64
import configparser
import struct
import tempfile
import unittest
import uuid
from pathlib import Path

from lab.model.choices import Choices
from lab.model.plan import make_plan
from lab.services import ceph
from lab.services.ceph import auth


class CephxKey(unittest.TestCase):
    def test_has_the_form_that_ceph_reads(self) -> None:
        raw = base64.b64decode(ceph.cephx_key("token"))
        kind, seconds, nanoseconds, length = struct.unpack("<HIIH", raw[:12])
        self.assertEqual((1, 0, 0, 16), (kind, seconds, nanoseconds, length))
        self.assertEqual(16, len(raw[12:]))

    def test_is_the_same_for_the_same_token_and_another_for_another(self) -> None:
        self.assertEqual(ceph.cephx_key("a"), ceph.cephx_key("a"))
        self.assertNotEqual(ceph.cephx_key("a"), ceph.cephx_key("b"))


class Rendered(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.plan = make_plan("test", Choices(hosts=4), Path(folder.name) / "secrets")

    def files(self, host: str) -> dict[str, str]:
        rendered = ceph.render(self.plan, self.plan.host(host))
        return {file.path: str(file.content) for file in rendered.files}

    def test_every_host_knows_the_cluster_and_its_monitor(self) -> None:
        seen = set()
        for host in self.plan.hosts:
            config = configparser.ConfigParser()
            config.read_string(self.files(host.name)["/etc/ceph/ceph.conf"])
            self.assertIn("172.30.2.10:6789", config["global"]["mon_host"])
            seen.add(config["global"]["fsid"])
        self.assertEqual(1, len(seen))

    def test_files_with_a_key_are_readable_by_their_owner_only(self) -> None:
        keys = [auth.entity_key(self.plan, entity) for entity in auth.CAPABILITIES]
        for host in self.plan.hosts:
            for file in ceph.render(self.plan, host).files:
                if any(key in str(file.content) for key in keys):
                    self.assertEqual(0o600, file.mode, file.path)

    def test_the_monitor_is_told_every_key_that_a_host_is_given(self) -> None:
        monitors = self.files("control")["/var/lib/ceph/bootstrap/mon.keyring"]
        for host in self.plan.hosts:
            for path, text in self.files(host.name).items():
                if path.startswith("/etc/ceph/") and path.endswith(".keyring"):
                    self.assertIn(text.split("key = ")[1].strip(), monitors, path)

    def test_a_host_with_its_own_disks_gets_no_key_to_instances_on_rbd(self) -> None:
        paths = self.files("compute3")
        self.assertIn("/etc/ceph/ceph.client.cinder.keyring", paths)
        self.assertNotIn("/etc/ceph/ceph.client.nova.keyring", paths)

    def test_libvirt_is_given_one_secret_for_each_user_of_the_host(self) -> None:
        files = self.files("compute1")
        for user in ("cinder", "nova"):
            name = ceph.secret_uuid(self.plan, user)
            self.assertEqual(name, str(uuid.UUID(name)))
            self.assertIn(name, files[f"/etc/libvirt/secrets/{name}.xml"])
            self.assertEqual(
                auth.entity_key(self.plan, f"client.{user}"),
                files[f"/etc/libvirt/secrets/{name}.base64"],
            )

    def test_only_the_controller_runs_daemons(self) -> None:
        self.assertIn(ceph.READY_UNIT, ceph.render(self.plan, self.plan.control).units)
        for host in self.plan.computes:
            self.assertEqual((), ceph.render(self.plan, host).units)


if __name__ == "__main__":
    unittest.main()
