# SPDX-License-Identifier: Apache-2.0
"""The probe says in one sentence each what cannot be done, and tries all the rest."""

import errno
import os
import tempfile
import unittest
from pathlib import Path
from unittest import mock

from lab.core import probe


def refuses(number):
    def trial():
        raise OSError(number, os.strerror(number))

    return trial


class ProbeTest(unittest.TestCase):
    def test_each_refusal_is_a_sentence_with_its_reason_and_what_to_do(self):
        trials = (
            ("This cannot be made", refuses(errno.EPERM), "do that."),
            ("That can", lambda: None, "do nothing."),
            ("Nor this", refuses(errno.EOPNOTSUPP), "take another kernel."),
        )
        with mock.patch.object(probe, "TRIALS", trials):
            said = list(probe.missing())
        self.assertEqual(
            [
                "This cannot be made (Operation not permitted): do that.",
                "Nor this (Operation not supported): take another kernel.",
            ],
            said,
        )

    def test_a_device_that_is_not_there_is_left_to_whoever_looks_for_it(self):
        with mock.patch.object(probe, "TRIALS", (("No", probe.opened("/no/device"), ""),)):
            self.assertEqual([], list(probe.missing()))

    def groups(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        patched = mock.patch.object(probe, "GROUPS", Path(folder.name))
        patched.start()
        self.addCleanup(patched.stop)
        return Path(folder.name)

    def test_control_groups_of_both_versions_are_tried_and_nothing_of_that_stays(self):
        first = self.groups()
        (first / "memory").mkdir()
        probe.group()
        self.assertEqual(["memory"], os.listdir(first))
        second = self.groups()
        (second / "cgroup.controllers").write_text("cpu memory pids\n")
        probe.group()
        self.assertEqual(["cgroup.controllers"], os.listdir(second))

    def test_control_groups_that_do_not_limit_memory_are_not_enough(self):
        (self.groups() / "systemd").mkdir()
        with self.assertRaisesRegex(probe.ProbeError, "cannot limit memory"):
            probe.group()
        (self.groups() / "cgroup.controllers").write_text("cpu pids\n")
        with self.assertRaisesRegex(probe.ProbeError, "cannot limit memory"):
            probe.group()

    def test_a_machine_without_control_groups_is_told_so(self):
        self.groups()
        with self.assertRaisesRegex(probe.ProbeError, "no control groups"):
            probe.group()
