# SPDX-License-Identifier: Apache-2.0
"""Which process is which: no name is ever given twice."""

from __future__ import annotations

import os
import subprocess
import sys
import unittest

from migration_tests.record import processes


class AProcess(unittest.TestCase):
    def start(self):
        return subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)

    def test_has_a_name_that_it_keeps(self):
        own = processes.identity(os.getpid())
        self.assertEqual(own, processes.identity(os.getpid()))
        self.assertTrue(processes.lives(own))

    def test_that_has_ended_lives_no_more(self):
        child = self.start()
        name = processes.identity(child.pid)
        self.assertTrue(processes.lives(name))
        child.communicate(b"\n")
        self.assertFalse(processes.lives(name))

    def test_of_the_same_number_at_another_time_is_another(self):
        pid, _, started = processes.identity(os.getpid()).partition("-")
        self.assertFalse(processes.lives(f"{pid}-{int(started) + 1}"))

    def test_that_is_none_does_not_live(self):
        for name in ("", "lock", "x-1", "4194305-1", f"{os.getpid()}-"):
            self.assertFalse(processes.lives(name), name)

    def test_that_no_runner_started_is_its_own(self):
        self.assertIsInstance(processes.runner(), int)
