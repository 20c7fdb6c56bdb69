# SPDX-License-Identifier: Apache-2.0
"""Pruning the cache, in real folders: what goes, what stays and why, and the room it frees."""

import os
import tempfile
import unittest
from pathlib import Path

from lab.core.cache import Cache
from lab.lifecycle import pruning
from lab.lifecycle.building import Lab, LabError, State
from lab.model.choices import Choices

OLD, OLDER, NEW = "0" * 12, "1" * 12, "2" * 12
MEBIBYTE = 1 << 20


class PruningTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.cache = Cache(Path(folder.name))
        self.said = []

    def thing(self, name, mebibytes=1):
        folder = self.cache.folder / name
        folder.mkdir(parents=True)
        (folder / "data").write_bytes(os.urandom(mebibytes * MEBIBYTE))
        return folder

    def lab(self, name, *made_of, **more):
        lab = Lab(name, self.cache)
        lab.folder.mkdir(parents=True)
        rootfs = str(self.cache.folder / made_of[0])
        lab.remember(State(Choices(), rootfs, made_of=made_of, **more))

    def prune(self, *keep, dry_run=False, mounts=""):
        return pruning.prune(
            self.cache, keep, self.said.append, dry_run=dry_run, mounts=lambda: mounts
        )

    def left(self):
        return {path.name for path in self.cache.folder.iterdir() if path.name[0] != "."}

    def test_what_this_version_would_not_use_goes(self):
        self.thing(f"rootfs-{OLD}")
        self.thing(f"rootfs-{NEW}")
        freed = self.prune(f"rootfs-{NEW}")
        self.assertEqual({f"rootfs-{NEW}"}, self.left())
        self.assertAlmostEqual(MEBIBYTE, freed, delta=MEBIBYTE / 8)
        self.assertIn(f"removed  rootfs-{OLD}: of another version of the lab", self.said)

    def test_files_count_too(self):
        (self.cache.folder / f"template-{OLD}").write_bytes(os.urandom(MEBIBYTE))
        self.assertGreaterEqual(self.prune(), MEBIBYTE)
        self.assertEqual(set(), self.left())

    def test_what_a_lab_uses_stays(self):
        for kind in ("rootfs", "template", "guest"):
            self.thing(f"{kind}-{OLD}")
        self.thing(f"guest-{OLDER}")
        self.lab("mine", f"rootfs-{OLD}", f"template-{OLD}", f"guest-{OLD}")
        self.prune()
        names = {f"{kind}-{OLD}" for kind in ("rootfs", "template", "guest")}
        self.assertEqual({*names, "labs"}, self.left())
        self.assertIn(f"kept     guest-{OLD}: the lab 'mine' uses it", self.said)

    def test_a_lab_that_is_being_made_has_noted_what_it_uses_before_that_is_built(self):
        self.thing(f"rootfs-{OLD}.partial")
        self.lab("mine", f"rootfs-{OLD}", complete=False)
        with self.cache.building("rootfs"):
            self.prune()
        self.assertIn(f"rootfs-{OLD}.partial", self.left())

    def test_nothing_is_pruned_while_a_lab_notes_what_it_uses(self):
        order = []
        with self.cache.choosing():
            import threading

            other = threading.Thread(target=lambda: (self.prune(), order.append("pruned")))
            self.thing(f"rootfs-{OLD}")
            other.start()
            other.join(0.1)
            self.lab("mine", f"rootfs-{OLD}")
            order.append("noted")
        other.join(10)
        self.assertEqual(["noted", "pruned"], order)
        self.assertIn(f"rootfs-{OLD}", self.left())

    def test_what_is_mounted_stays(self):
        self.thing(f"rootfs-{OLD}")
        self.prune(mounts=f"... overlay rw,lowerdir={self.cache.folder}/rootfs-{OLD},upperdir=...")
        self.assertEqual({f"rootfs-{OLD}"}, self.left())
        self.assertIn(f"kept     rootfs-{OLD}: it is mounted", self.said)

    def test_the_mounts_of_every_process_are_seen(self):
        self.assertIn("/proc", pruning.mounted())

    def test_the_remains_of_a_broken_off_build_go_unless_one_is_at_work(self):
        names = [f"base-{NEW}.partial", f"guest-{NEW}.scratch", f"template-{NEW}.partial"]
        for name in names:
            self.thing(name)
        with self.cache.building("guest"):
            self.prune(f"base-{NEW}", f"guest-{NEW}", f"template-{NEW}")
        self.assertEqual({f"guest-{NEW}.scratch"}, self.left())
        self.assertIn(
            f"kept     guest-{NEW}.scratch: something of its kind is being built", self.said
        )
        self.prune()
        self.assertEqual(set(), self.left())

    def test_what_else_lies_in_the_cache_stays(self):
        for name in ("tools", "hosts-test-x1", "rootfs-notes"):
            self.thing(name)
        self.prune()
        self.assertEqual({"tools", "hosts-test-x1", "rootfs-notes"}, self.left())

    def test_a_dry_run_removes_nothing_and_reports_the_same_room(self):
        self.thing(f"rootfs-{OLD}", 3)
        reported = self.prune(dry_run=True)
        self.assertEqual({f"rootfs-{OLD}"}, self.left())
        self.assertIn(f"to go    rootfs-{OLD}: of another version of the lab", self.said)
        self.assertEqual(reported, self.prune())

    def test_files_that_others_link_to_free_no_room(self):
        base = self.thing(f"base-{NEW}")
        old = self.thing(f"rootfs-{OLD}", 2)
        os.link(base / "data", old / "of the base")
        freed = self.prune(f"base-{NEW}")
        self.assertAlmostEqual(2 * MEBIBYTE, freed, delta=MEBIBYTE / 8)

    def test_files_that_go_with_all_their_links_free_their_room_once(self):
        base = self.thing(f"base-{OLD}")
        for key in (OLD, NEW):
            os.link(base / "data", self.thing(f"rootfs-{key}") / "of the base")
        self.assertAlmostEqual(3 * MEBIBYTE, self.prune(), delta=MEBIBYTE / 8)

    def test_pruning_that_was_broken_off_is_gone_on_with(self):
        self.thing(f".pruned-rootfs-{OLD}")
        self.prune()
        self.assertFalse((self.cache.folder / f".pruned-rootfs-{OLD}").exists())

    def test_a_lab_whose_notes_cannot_be_read_stops_it_with_what_to_do(self):
        self.thing(f"rootfs-{OLD}")
        Lab("strange", self.cache).folder.mkdir(parents=True)
        with self.assertRaisesRegex(LabError, "strange.*lab down --name strange"):
            self.prune()
        self.assertIn(f"rootfs-{OLD}", self.left())

    def test_an_empty_cache_is_nothing_to_complain_about(self):
        self.assertEqual(0, pruning.prune(Cache(self.cache.folder / "none"), (), print))


class WantedTest(unittest.TestCase):
    def test_every_release_has_its_own_and_all_share_the_base_and_the_guest(self):
        names = pruning.wanted()
        kinds = [name.partition("-")[0] for name in names]
        self.assertEqual(1, kinds.count("base"))
        self.assertEqual(1, kinds.count("guest"))
        self.assertEqual(kinds.count("environment"), kinds.count("rootfs"))
        self.assertGreaterEqual(kinds.count("rootfs"), 3)
        self.assertTrue(all(pruning._NAME.fullmatch(name) for name in names), names)
