# SPDX-License-Identifier: Apache-2.0
"""What is measured is held against the aims; what a lab takes is read from the machine."""

import os
import subprocess
import sys
import types
import unittest

from lab.core import usage
from lab.core.processes import Process
from lab.lifecycle.bench import Measure


class AimsTest(unittest.TestCase):
    def test_all_of_it_has_an_aim_and_a_part_has_none(self):
        self.assertEqual((45, True), (Measure("warm", "", 44, "s").aim, True))
        self.assertIsNone(Measure("warm", "control", 44, "s").aim)
        self.assertIsNone(Measure("processes", "", 44, "").met)

    def test_an_aim_is_met_below_it_only(self):
        self.assertTrue(Measure("reset", "", 9.9, "s").met)
        self.assertFalse(Measure("reset", "", 10, "s").met)

    def test_one_of_several_runs_has_no_aim(self):
        self.assertIsNone(Measure("warm", "run 2", 50, "s").met)


class UsageTest(unittest.TestCase):
    def setUp(self):
        script = "import sys; sum(range(10**7)); print(flush=True); sys.stdin.read()"
        child = subprocess.Popen(
            [sys.executable, "-c", script],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        self.addCleanup(child.communicate)
        child.stdout.readline()
        self.child = child.pid
        mine = Process.of(os.getpid())
        # The first is the launcher, which is no part of the lab.
        self.outer = types.SimpleNamespace(processes=(mine, mine), folder=None)

    def test_all_that_a_lab_started_is_found(self):
        found = {process.pid: process for process in usage.processes(self.outer)}
        self.assertIn(self.child, found)
        self.assertNotIn(os.getpid(), found)
        self.assertGreater(found[self.child].seconds, 0.05)

    def test_memory_is_that_of_its_processes(self):
        self.assertGreater(usage.memory(self.outer), 2 << 20)

    def test_a_lab_that_is_not_there_takes_nothing(self):
        outer = types.SimpleNamespace(processes=(), folder=None)
        self.assertEqual(([], 0), (usage.processes(outer), usage.memory(outer)))


if __name__ == "__main__":
    unittest.main()
