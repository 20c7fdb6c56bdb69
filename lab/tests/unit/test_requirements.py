# SPDX-License-Identifier: Apache-2.0
"""What keeps a machine from carrying the lab is said, all at once, before anything is done."""

import os
import subprocess
import tempfile
import unittest
from pathlib import Path
from unittest import mock

from lab import rootfs
from lab.lifecycle import requirements
from lab.model.choices import Choices


class RequirementsTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.cache = Path(folder.name) / "not" / "yet" / "made"

    def missing(self, **choices):
        with self.assertRaises(requirements.RequirementsError) as raised:
            requirements.check(self.cache, Choices(**choices))
        self.assertFalse(self.cache.exists(), "something was made before the check was over")
        return str(raised.exception)

    def test_every_reason_is_one_sentence_and_all_are_told_at_once(self):
        with (
            mock.patch.object(requirements, "TOOLS", {"no-such-command": "its-package"}),
            mock.patch.object(requirements, "CONTROL_GIB", 1 << 20),
            mock.patch.object(requirements, "DISK_GIB", 1 << 30),
        ):
            text = self.missing()
        self.assertIn("no-such-command is missing: install the package its-package.", text)
        self.assertIn("GiB of free memory; here are", text)
        self.assertIn("set MIGRATION_CHAOS_CACHE to a folder that has the room.", text)

    def test_without_uv_it_says_what_to_install_before_the_services_are_to_be_installed(self):
        elsewhere = str(self.cache.parents[1] / "bin" / "python")
        found = mock.patch("shutil.which", lambda tool: None if tool == "uv" else f"/bin/{tool}")
        with mock.patch.object(requirements.sys, "executable", elsewhere), found:
            self.assertIn("pip install 'migration-chaos-tempest-plugin[lab]'", self.missing())
        made = self.cache / f"{rootfs.ROOTFS}-{rootfs.key(Choices().lock_text)}"
        made.mkdir(parents=True)
        with mock.patch.object(requirements.sys, "executable", elsewhere), found:
            said = requirements._installer(self.cache, Choices())()
            self.assertEqual([], list(said))

    def test_without_root_it_says_to_be_root(self):
        with mock.patch("os.geteuid", return_value=1000):
            self.assertIn("run it as root.", self.missing())

    def test_a_container_without_the_right_to_make_namespaces_is_told_so(self):
        why = "unshare failed: Operation not permitted"
        refused = mock.Mock(returncode=1, stdout="", stderr=why)
        with (
            mock.patch("os.geteuid", return_value=0),
            mock.patch("subprocess.run", return_value=refused),
            mock.patch.object(requirements, "TOOLS", {}),
        ):
            text = self.missing()
        self.assertIn("Namespaces cannot be made here (unshare failed", text)

    @unittest.skipUnless(os.geteuid() == 0, "needs root")
    def test_in_a_plain_chroot_it_says_what_to_do(self):
        root = self.cache.parents[2] / "root"
        root.mkdir()
        # All of the machine's programs are in it; but it is no mount point itself.
        script = """
            for each in usr bin lib lib64; do
                mkdir "$0/$each"; mount --bind "/$each" "$0/$each"
            done
            exec chroot "$0" unshare --mount true
        """
        done = subprocess.run(
            ["unshare", "--mount", "sh", "-ec", script, str(root)],
            capture_output=True,
            text=True,
            check=False,
        )
        self.assertIn("propagation", done.stderr)
        with mock.patch("subprocess.run", return_value=done):
            self.assertIn("The root folder here is no mount point", self.missing())

    def test_a_mount_that_is_forbidden_is_no_matter_of_the_root_folder(self):
        why = "unshare: cannot change root filesystem propagation: Operation not permitted"
        done = mock.Mock(returncode=1, stdout="", stderr=why)
        with (
            mock.patch("os.geteuid", return_value=0),
            mock.patch("subprocess.run", return_value=done),
        ):
            self.assertIn("Namespaces cannot be made here (unshare", self.missing())

    def test_what_the_probe_could_not_do_is_said_in_its_words(self):
        found = mock.Mock(returncode=0, stdout="One cannot be made.\nNor the other.\n")
        with (
            mock.patch("os.geteuid", return_value=0),
            mock.patch("subprocess.run", return_value=found),
        ):
            text = self.missing()
        self.assertIn("- One cannot be made.\n- Nor the other.", text)

    def test_what_a_container_is_allowed_counts_and_not_what_the_machine_has(self):
        limit = Path(self.cache.parents[2]) / "memory.max"
        limit.write_text(f"{2 << 30}\n")
        with mock.patch.object(requirements, "MEMORY_LIMITS", (limit,)):
            self.assertIn("this container is allowed 2.0: take fewer hosts", self.missing())

    def test_more_hosts_need_more_memory_and_those_without_guests_less(self):
        few, many, fake = Choices(hosts=1), Choices(), Choices(hosts=4, driver="fake")
        needed = [requirements.memory(each) for each in (few, fake, many)]
        self.assertEqual(sorted(needed), needed)
        facts = Path(self.cache.parents[2]) / "meminfo"
        facts.write_text(f"MemAvailable: {8 << 20} kB\n")
        with (
            mock.patch.object(requirements, "MEMORY", facts),
            mock.patch("os.uname", return_value=mock.Mock(machine="aarch64")),
        ):
            self.assertIn("A lab of 4 hosts needs 10 GiB", self.missing())
            self.assertNotIn("memory", self.missing(hosts=1))

    def test_another_processor_is_named(self):
        with mock.patch("os.uname", return_value=mock.Mock(machine="aarch64")):
            self.assertIn("this machine is aarch64.", self.missing())
