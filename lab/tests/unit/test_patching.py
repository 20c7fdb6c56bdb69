# SPDX-License-Identifier: Apache-2.0
"""What the lab remembers of what is loaded; that hosts really have it, the lab itself shows."""

import tempfile
import unittest
from pathlib import Path
from unittest import mock

from lab.core.cache import Cache
from lab.lifecycle import patching
from lab.lifecycle.building import Lab, LabError, State
from lab.loading import changing
from lab.loading.patch import PatchError, read
from lab.model.choices import Choices

SOURCE = '"""Breaks it."""\nSERVICES = ("nova-compute",)\ndef apply():\n    pass\n'
PORTS, TAPS = "port_up_after_live_migration", "guest_taps_kept_up"


class LoadingTest(unittest.TestCase):
    def setUp(self):
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.enterContext(mock.patch.object(Lab, "up", True))
        self.replace = self.enterContext(mock.patch.object(changing, "replace"))
        self.lab = Lab("test", Cache(self.folder / "cache"))
        self.lab.folder.mkdir(parents=True)
        self.lab.remember(State(Choices(hosts=2), "rootfs", complete=True))

    def defect(self, name, source=SOURCE):
        path = self.folder / f"{name}.py"
        path.write_text(source)
        return read(path)

    def asked(self):
        """Return the names of what the hosts were to carry, and had carried."""
        _, wanted, former, _ = self.replace.call_args.args
        return [[patch.name for patch in patches] for patches in (wanted, former)]

    def load(self, *defects):
        patching.load(self.lab, defects, print)

    def test_what_is_loaded_is_added_to_what_was(self):
        self.load(self.defect("one"))
        self.load(self.defect("two"))
        self.assertEqual(("one", "two"), self.lab.state.defects)
        self.assertEqual([[TAPS, PORTS, "one", "two"], [TAPS, PORTS, "one"]], self.asked())

    def test_one_of_the_same_name_takes_the_other_s_place(self):
        self.load(self.defect("one"))
        self.load(self.defect("one", SOURCE + "# changed\n"))
        self.assertEqual(("one",), self.lab.state.defects)
        self.assertIn("changed", self.lab.defects(self.lab.state)[0].source)

    def test_it_is_remembered_as_it_was_though_its_file_is_gone(self):
        self.load(self.defect("one"))
        (self.folder / "one.py").unlink()
        self.load(self.defect("two"))
        self.assertEqual(SOURCE, self.lab.defects(self.lab.state)[0].source)

    def test_one_that_fails_is_not_remembered(self):
        self.load(self.defect("one"))
        self.replace.side_effect = changing.NotAppliedError("no")
        with self.assertRaises(changing.NotAppliedError):
            self.load(self.defect("two"))
        self.assertEqual(("one",), self.lab.state.defects)

    def test_one_that_is_a_unit_is_known_when_it_is_loaded_and_when_it_is_to_go(self):
        source = '"""Starts it."""\nUNIT = "x.service"\nROLE = "compute"\nSCRIPT = "exec true"\n'
        for change in (
            lambda: self.load(self.defect("one", source)),
            lambda: patching.unload(self.lab, ["one"], print),
        ):
            change()
            known = self.replace.call_args.args[-1]
            self.assertIn("x.service", [patch.unit for patch in known])

    def test_unloading_takes_away_what_is_named_or_all(self):
        self.load(self.defect("one"), self.defect("two"), self.defect("three"))
        patching.unload(self.lab, ["two"], print)
        self.assertEqual(("one", "three"), self.lab.state.defects)
        for _ in range(2):
            patching.unload(self.lab, None, print)
            self.assertEqual((), self.lab.state.defects)

    def test_unloading_what_is_not_loaded_is_no_error_unless_there_is_no_such_thing(self):
        self.load(self.defect("one"))
        patching.unload(self.lab, ["port_binding_kept"], print)
        with self.assertRaisesRegex(LabError, "'on'; loaded are: one"):
            patching.unload(self.lab, ["on"], print)
        self.assertEqual(("one",), self.lab.state.defects)

    def test_a_remedy_is_left_out_and_taken_in_again(self):
        patching.switch(self.lab, [TAPS], False, print)
        self.assertEqual((TAPS,), self.lab.state.choices.without)
        self.assertEqual([[PORTS], [TAPS, PORTS]], self.asked())
        patching.switch(self.lab, [TAPS], True, print)
        self.assertEqual((), self.lab.state.choices.without)

    def test_an_unknown_remedy_is_refused_before_anything_is_done(self):
        with self.assertRaisesRegex(PatchError, "there are: "):
            patching.switch(self.lab, ["taps"], False, print)
        self.replace.assert_not_called()


class NoLab(unittest.TestCase):
    def test_a_lab_that_is_not_up_is_told_how_to_make(self):
        folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        with self.assertRaisesRegex(LabError, "migration-chaos lab up"):
            patching.unload(Lab("test", Cache(folder)), None, print)
