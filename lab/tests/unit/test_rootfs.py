# SPDX-License-Identifier: Apache-2.0
"""How root file systems are named and put together; Debian and PyPI are stood in for by a file."""

import os
import tempfile
import unittest
from pathlib import Path
from unittest import mock

from lab import rootfs
from lab.core.cache import Cache
from lab.core.sandbox import SandboxError
from lab.model.choices import Choices, releases
from lab.rootfs import debian, environment

LIBRARY = "usr/lib/python3/dist-packages/rbd.so"
PACKAGES = "opt/openstack/lib/python3.11/site-packages"


def bootstrap(root, log):
    for folder in ("etc", "opt"):
        (root / folder).mkdir()
    (root / "etc/debian_version").write_text("12\n")


def install(root, log):
    (root / LIBRARY).parent.mkdir(parents=True)
    (root / LIBRARY).write_text("binding")


def make(debian_root, folder, lock, log):
    packages = folder / "lib/python3.11/site-packages"
    packages.mkdir(parents=True)
    (packages / "release").write_text(lock)


class NamesTest(unittest.TestCase):
    def test_each_release_has_a_root_file_system_of_its_own_on_the_same_base(self):
        locks = [Choices(release=release).lock_text for release in releases()]
        self.assertEqual(len(locks), len({rootfs.key(lock) for lock in locks}))
        self.assertGreaterEqual(len(locks), 3)

    def test_the_name_follows_the_base(self):
        before = rootfs.key("lock")
        with mock.patch.object(rootfs, "base_key", return_value="another"):
            self.assertNotEqual(before, rootfs.key("lock"))


@unittest.skipIf(os.geteuid(), "putting it together takes a mount namespace, and that takes root")
class BuildTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.cache = Cache(Path(folder.name))
        self.said = []
        self.made = {}
        for module, name, double in (
            (debian, "bootstrap", bootstrap),
            (debian, "install", install),
            (environment, "make", make),
        ):
            patch = mock.patch.object(module, name, side_effect=double)
            self.made[name] = patch.start()
            self.addCleanup(patch.stop)

    def build(self, lock):
        return rootfs.build(self.cache, lock, self.said.append)

    def test_a_second_release_shares_the_files_of_one_debian(self):
        first, second = self.build("one"), self.build("two")
        self.made["bootstrap"].assert_called_once()
        self.made["install"].assert_called_once()
        name = "etc/debian_version"
        self.assertTrue((first / name).samefile(second / name))
        self.assertEqual("one", (first / PACKAGES / "release").read_text())
        self.assertEqual("two", (second / PACKAGES / "release").read_text())

    def test_the_environment_finds_debians_bindings(self):
        link = self.build("one") / PACKAGES / "rbd.so"
        self.assertEqual(f"/{LIBRARY}", str(link.readlink()))

    def test_another_debian_takes_over_the_environment_that_was_made(self):
        first = self.build("one")
        with mock.patch.object(rootfs, "base_key", return_value="another"):
            second = self.build("one")
        self.assertNotEqual(first, second)
        self.assertEqual(2, self.made["install"].call_count)
        self.made["make"].assert_called_once()
        self.assertTrue((first / PACKAGES / "release").samefile(second / PACKAGES / "release"))

    def test_what_is_there_is_not_built_again(self):
        self.assertEqual(self.build("one"), self.build("one"))
        self.made["make"].assert_called_once()

    def test_a_debian_that_was_made_outlives_the_failure_of_the_environment(self):
        self.made["make"].side_effect = SandboxError("no such package")
        with self.assertRaisesRegex(rootfs.RootfsError, "OpenStack from PyPI. no such package"):
            self.build("one")
        self.assertTrue(self.cache.built("base", rootfs.base_key()).is_dir())
        self.made["make"].side_effect = make
        self.build("one")
        self.made["install"].assert_called_once()

    def test_a_failure_leaves_nothing_that_looks_ready(self):
        self.made["install"].side_effect = SandboxError("apt-get failed")
        with self.assertRaisesRegex(rootfs.RootfsError, "packages and what they need"):
            self.build("one")
        self.assertFalse(self.cache.built("base", rootfs.base_key()).exists())
        self.assertFalse(self.cache.built("rootfs", rootfs.key("one")).exists())
        self.made["install"].side_effect = install
        self.assertTrue(self.build("one").is_dir())
