# SPDX-License-Identifier: Apache-2.0
"""Processes are identified for sure, found by their mark, and ended however they multiply."""

import os
import subprocess
import sys
import unittest
from unittest import mock

from lab.core import processes
from lab.core.processes import Process

MARK = "PROCESSES_TEST"

# Starts a copy of itself every few milliseconds, and never ends.
BREEDING = """
import os, time
for _ in range(50):
    if os.fork() == 0:
        time.sleep(600)
    time.sleep(0.005)
time.sleep(600)
"""


class ProcessTest(unittest.TestCase):
    def started(self, *argv, **environment):
        child = subprocess.Popen(argv, env={**os.environ, **environment})
        self.addCleanup(child.wait)
        self.addCleanup(child.kill)
        return child

    def test_a_process_is_not_taken_for_a_later_one_of_the_same_number(self):
        own = Process.of(os.getpid())
        self.assertTrue(own.alive)
        self.assertFalse(Process(own.pid, own.started + 1).alive)

    def test_a_mark_is_found_on_a_process_and_on_what_it_started(self):
        child = self.started("sh", "-c", "sleep 600 & wait", **{MARK: "of this test"})
        while len(processes.marked(MARK, "of this test")) < 2:
            self.assertIsNone(child.poll())
        self.assertIn(Process.of(child.pid), processes.marked(MARK, "of this test"))
        self.assertEqual([], processes.marked(MARK, "of this"))
        self.assertTrue(processes.end(lambda: processes.marked(MARK, "of this test")))

    def test_processes_that_start_others_meanwhile_are_ended_all_the_same(self):
        self.started(sys.executable, "-c", BREEDING, **{MARK: "breeding"})
        while len(processes.marked(MARK, "breeding")) < 3:
            pass
        self.assertTrue(processes.end(lambda: processes.marked(MARK, "breeding")))
        self.assertEqual([], processes.marked(MARK, "breeding"))
        self.assertFalse(processes.end(lambda: processes.marked(MARK, "breeding")))

    def test_one_that_does_not_end_is_named(self):
        child = self.started("sleep", "600")
        with (
            mock.patch("os.kill"),
            self.assertRaisesRegex(processes.ProcessError, str(child.pid)),
        ):
            processes.end(lambda: [Process.of(child.pid)], seconds=0.05)

    def test_what_a_dead_command_started_for_itself_is_an_orphan_and_nothing_else_is(self):
        dead = subprocess.Popen(["true"])
        dead.wait()
        here = f"{processes.boot_id()} {processes.place()}"
        mark = f"{dead.pid} 1 {here}"
        orphan = self.started("sleep", "600", **{processes.MAKER: mark})
        own = self.started("sleep", "600", **{processes.MAKER: processes.maker()})
        older = self.started("sleep", "600", **{processes.MAKER: f"{dead.pid} 1 before"})
        elsewhere = f"{dead.pid} 1 {here} of a container"
        contained = self.started("sleep", "600", **{processes.MAKER: elsewhere})
        found = [process.pid for process in processes.orphans()]
        self.assertIn(orphan.pid, found)
        self.assertNotIn(own.pid, found)
        self.assertNotIn(older.pid, found)
        self.assertNotIn(contained.pid, found)

    def test_a_chroot_is_another_place(self):
        here = processes.place()
        self.assertEqual(here, processes.place())
        with mock.patch("os.stat", return_value=os.stat("/tmp")):
            self.assertNotEqual(here, processes.place())
