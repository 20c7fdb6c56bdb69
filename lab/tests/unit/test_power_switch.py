# SPDX-License-Identifier: Apache-2.0
"""The power switch of a host: a host is not started before its last power cut reached its disk."""

import subprocess
import unittest
from unittest import mock

from lab.core import disk, power


class TurnOnTest(unittest.TestCase):
    def setUp(self):
        self.done = []
        self.cut = False
        self.enterContext(mock.patch.object(power, "_engine", self.engine))
        self.enterContext(mock.patch.object(disk, "was_cut", self.was_cut))

    def engine(self, tool, host, *options):
        if tool == "start":
            self.done.append(f"start, cut: {self.cut}")
        state = "RUNNING" if tool == "info" and self.done else "STOPPED"
        return subprocess.CompletedProcess([tool], 0, state, "")

    def was_cut(self, host):
        """The hook of the dead host ends between the third look and the fourth."""
        self.looks = getattr(self, "looks", 0) + 1
        self.cut = self.looks > 3
        return self.cut

    def test_waits_until_the_disk_of_the_dead_host_is_cut_off(self):
        self.assertEqual("", power.turn_on("compute1"))
        self.assertEqual(["start, cut: True"], self.done)

    def test_does_not_wait_for_ever_for_a_cut_that_never_comes(self):
        with (
            mock.patch.object(disk, "was_cut", lambda host: False),
            mock.patch.object(power, "SECONDS", 0.1),
        ):
            self.assertEqual("", power.turn_on("compute1"))
        self.assertEqual(["start, cut: False"], self.done)


if __name__ == "__main__":
    unittest.main()
