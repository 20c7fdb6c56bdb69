# SPDX-License-Identifier: Apache-2.0
"""The guest image really boots, in QEMU without KVM, in a network of its own.

Needs root and the lab's root file system (any ``migration-chaos lab up`` leaves one):

    sudo .venv/bin/python -m unittest -v lab.tests.functional.test_guest

Takes about two minutes on two processors. What was measured is printed at the end.
"""

import json
import os
import tempfile
import unittest
from pathlib import Path
from typing import Any

from lab import guest
from lab.core.cache import Cache
from lab.core.sandbox import Sandbox
from lab.rootfs import base_key

TRIAL = Path(__file__).with_name("guest_trial.py")
MINUTES = 10


def newest_rootfs() -> Path | None:
    """Return the root file system that was built last, if there is one."""
    folders = [path for path in Cache().folder.glob("rootfs-*[0-9a-f]") if path.is_dir()]
    return max(folders, key=lambda path: path.stat().st_mtime, default=None)


class GuestBoots(unittest.TestCase):
    results: dict[str, Any]

    @classmethod
    def setUpClass(cls) -> None:
        rootfs = newest_rootfs()
        if os.geteuid() != 0 or rootfs is None:
            raise unittest.SkipTest("needs root, and the root file system of a lab")
        scratch = tempfile.TemporaryDirectory(dir=Cache().folder, prefix="guest-trial-")
        cls.addClassCleanup(scratch.cleanup)
        folder = Path(scratch.name)
        name = guest.key(base_key())
        image = guest.build(rootfs, Cache().built("guest", name))
        binds = {image.parent: "/image", TRIAL.parent: "/trial"}
        with Sandbox(rootfs, folder / "sandbox", binds) as sandbox:
            argv = ["/usr/bin/python3", f"/trial/{TRIAL.name}", f"/image/{guest.IMAGE}"]
            cls.results = json.loads(sandbox.run(argv, timeout=MINUTES * 60))
        print(json.dumps(cls.results, indent=2))

    def found(self, trial: str) -> Any:
        found = self.results[trial]
        self.assertNotIn("error", found, found.get("error"))
        return found

    def test_a_server_starts_is_cut_off_and_stopped(self) -> None:
        found = self.found("life_of_a_server")
        self.assertEqual("served", found["hostname"])
        self.assertGreater(found["root_mib"], 900, "the root file system did not grow")
        self.assertEqual(2, len(found["disks"]), "the plugged disk is not listed")
        self.assertIn("169.254.169.2 dev eth0", found["default_route"])
        self.assertEqual(["last", "201"], found["kept"], "synced data was lost by a power cut")
        self.assertTrue(found["same_host_key"])
        self.assertLess(found["off_seconds"], 20)
        self.assertEqual("clean", found["state"])
        self.assertFalse(found["needs_recovery"])

    def test_a_rescued_server_runs_from_the_disk_that_was_booted(self) -> None:
        for order, size in self.found("rescue")["root_mib"].items():
            self.assertGreater(size, 400, f"the other disk became root; booted was {order}")

    def test_a_config_drive_takes_the_place_of_the_metadata_service(self) -> None:
        expected = {
            "ide": ["from-ide", "/dev/sr0"],
            "scsi": ["from-scsi", "/dev/sr0"],
            "virtio": ["from-virtio", "/dev/vdb"],
        }
        self.assertEqual(expected, self.found("config_drive"))

    def test_the_root_disk_may_be_on_virtio_scsi(self) -> None:
        self.assertEqual("/dev/sda", self.found("scsi")["root"])

    def test_it_goes_on_after_it_was_moved_while_running(self) -> None:
        self.assertTrue(self.found("live_migration")["same_boot"])


if __name__ == "__main__":
    unittest.main()
