# SPDX-License-Identifier: Apache-2.0
"""A real file system is filled, is seen to be full by two witnesses, and is free again."""

import os
import shutil
import subprocess
import unittest
from pathlib import Path

import fixtures
import testtools

from chaos import errors
from chaos.deadline import Deadline
from chaos.faults.disk_full import DiskFull
from chaos.recovery import timed
from chaos.tests.unit.host_fixture import GUARD, HostFixture
from chaos.transport.host_timer import PROCESS

TOOLS = ("mkfs.ext4", "mount", "fallocate", "setsid", "pgrep")
MISSING = [tool for tool in TOOLS if not shutil.which(tool)]
SIZE = 64 << 20


def why_not():
    """Why no file system can be mounted here; "" if one can."""
    if MISSING:
        return f"not installed here: {', '.join(MISSING)}"
    if os.geteuid():
        return "a file system of its own needs root"
    words = ["unshare", "--mount", "mount", "-t", "tmpfs", "none", "/mnt"]
    done = subprocess.run(words, check=False, capture_output=True)
    return "" if done.returncode == 0 else "this root may not mount"


class Disk(fixtures.Fixture):
    """A small disk, mounted."""

    def __init__(self, folder):
        self.folder = folder

    def _setUp(self):
        self.image, self.path = self.folder / "disk.img", self.folder / "disk"
        with self.image.open("wb") as file:
            file.truncate(SIZE)
        subprocess.run(["mkfs.ext4", "-q", str(self.image)], check=True, capture_output=True)
        self.mount(self.image, self.path)

    def mount(self, image, path):
        path.mkdir()
        subprocess.run(
            ["mount", "-o", "loop", str(image), str(path)], check=True, capture_output=True
        )
        self.addCleanup(subprocess.run, ["umount", str(path)], check=True)

    def after_a_power_cut(self):
        """What would be there if the power were gone now: what is on the disk, no more."""
        image, path = self.folder / "cut.img", self.folder / "cut"
        shutil.copy(self.image, image)
        self.mount(image, path)
        return sorted(os.listdir(path))


class DiskFullCase(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.useFixture(
            fixtures.MonkeyPatch("chaos.faults.timed.driver_of", lambda *_: PROCESS)
        )
        self.machine = self.useFixture(HostFixture(driver=""))

    def fault(self, path, **more):
        self.run_of_it = self.machine.run()
        return DiskFull(
            self.machine.host, str(path), run=self.run_of_it, deadline=Deadline.after(90),
            guard=GUARD, **more,
        )  # fmt: skip

    def refusal(self, path, **more):
        refused = self.assertRaises(errors.FaultRefused, self.fault(path, **more).setUp)
        self.run_of_it.end()
        return str(refused)


@unittest.skipIf(why_not(), why_not())
class DiskFullTest(DiskFullCase):
    def setUp(self):
        super().setUp()
        self.disk = self.useFixture(Disk(self.machine.folder))

    def test_a_disk_is_full_for_everybody_and_then_as_it_was(self):
        before = os.statvfs(self.disk.path).f_bfree
        with self.fault(self.disk.path, leave=8192) as fault:
            self.assertEqual("injected", fault.verdict, fault.observations)
            says = {one.witness: one.says for one in fault.observations}
            self.assertEqual({"free_space": "absent", "room_to_write": "absent"}, says)
            written = self.disk.path / "more"
            self.assertRaises(OSError, written.write_bytes, b"x" * (4 << 20))
            written.unlink()
        self.assertEqual(timed.BY_LOGIN, fault.recovered["found"])
        self.assertEqual(["lost+found"], sorted(os.listdir(self.disk.path)))
        self.assertEqual(["lost+found"], self.disk.after_a_power_cut())
        self.assertEqual(before, os.statvfs(self.disk.path).f_bfree)
        self.assertEqual((), self.run_of_it.journal.open_entries())

    def test_a_disk_that_is_full_already_is_left_alone(self):
        (self.disk.path / "mine").write_bytes(b"x" * (SIZE - (24 << 20)))
        free = os.statvfs(self.disk.path)
        leave = free.f_bfree * free.f_frsize
        self.assertIn("full already", self.refusal(self.disk.path, leave=leave))

    def test_the_journal_alone_frees_it(self):
        fault = self.fault(self.disk.path)
        fault.setUp()
        self.assertTrue(list(self.disk.path.glob(".migration-chaos-full-*")))
        fault.recover(Deadline.after(60))
        self.assertEqual([], list(self.disk.path.glob(".migration-chaos-*")))
        fault.cleanUp()


class RefusedTest(DiskFullCase):
    def test_the_root_file_system_is_filled_only_when_it_is_asked_for(self):
        place = Path("/etc")
        if place.stat().st_dev != Path("/").stat().st_dev:
            self.skipTest("/etc is not on the root file system here")
        self.assertIn("--root-too", self.refusal(place))

    def test_memory_is_no_disk(self):
        self.assertIn("is memory", self.refusal("/dev/shm"))

    def test_a_folder_that_is_not_there_is_named(self):
        self.assertIn("has no folder /no/such", self.refusal("/no/such"))
        self.assertIn("give its whole path", self.refusal("instances"))
        self.assertIn("are no full disk", self.refusal("/no/such", leave=1 << 40))
