# SPDX-License-Identifier: Apache-2.0
"""The watch on domains: looks that show the same are one line; no pause between them is lost."""

from __future__ import annotations

import itertools
import tempfile
import threading
import time
import unittest
from pathlib import Path
from unittest import mock

from chaos import errors
from migration_tests.observers import series
from migration_tests.observers.domains import DomainWatch, _HostWatch
from migration_tests.observers.hypervisor import HostCommands
from migration_tests.record import history
from migration_tests.record.events import Domain
from migration_tests.tests.unit.fake_cloud import FakeCloud
from migration_tests.tests.unit.fake_hosts import FakeHostShell, host

ONE = "11111111-1111-4111-8111-111111111111"
RUNS = ((Domain(server=ONE, state="running"),), "")
NOTHING = ((), "")
SILENT = (None, "ShellUnreachable: c1 does not answer")


class WatchCase(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = Path(folder.name) / "history.jsonl"
        self.record = history.History(self.path).recorder("scenario", "observers.domains")
        self.cloud = FakeCloud(folder.name)
        self.shell = type("Shell", (FakeHostShell,), {"cloud": self.cloud})
        patch = mock.patch("migration_tests.observers.domains.HostShell", self.shell)
        patch.start()
        self.addCleanup(patch.stop)

    def seen(self, name=None):
        lines = history.read(self.path) if self.path.exists() else []
        return [
            line.event
            for line in lines
            if line.kind == "domains.seen" and name in (None, line.event.host)
        ]

    def lost(self):
        return [line.event for line in history.read(self.path) if line.kind == "harness.error"]


class ASeries(WatchCase):
    def setUp(self):
        super().setUp()
        self.one = _HostWatch(host("c1"), HostCommands(), frozenset, 2.0, self.record)

    def take(self, *looks):
        for seen, began, ended in looks:
            self.one._take(seen, began, ended)

    def test_is_one_line_with_its_first_and_last_look_and_the_longest_pause(self):
        self.take((RUNS, 10, 11), (RUNS, 12, 13), (RUNS, 16, 17), (RUNS, 18, 19))
        self.assertEqual([], self.seen())
        self.one._write()
        (line,) = self.seen()
        self.assertEqual((4, RUNS[0]), (line.looks, line.domains))
        self.assertEqual((10, 11), (line.t_first_began, line.t_first_ended))
        self.assertEqual((18, 19), (line.t_last_began, line.t_last_ended))
        self.assertEqual(4, line.longest_pause)

    def test_ends_when_a_look_shows_something_else(self):
        self.take((RUNS, 10, 11), (NOTHING, 12, 13), (RUNS, 14, 15))
        self.assertEqual([RUNS[0], ()], [line.domains for line in self.seen()])

    def test_ends_when_the_state_of_a_domain_changes(self):
        paused = ((Domain(server=ONE, state="paused"),), "")
        self.take((RUNS, 10, 11), (paused, 12, 13))
        self.assertEqual([RUNS[0]], [line.domains for line in self.seen()])

    def test_ends_when_looks_fail_and_when_they_succeed_again(self):
        self.take((RUNS, 10, 11), (SILENT, 12, 17), (RUNS, 20, 21))
        self.one._write()
        self.assertEqual([RUNS[0], None, RUNS[0]], [line.domains for line in self.seen()])
        self.assertEqual(["", SILENT[1], ""], [line.error for line in self.seen()])

    def test_of_failures_is_one_however_they_are_worded(self):
        self.take((SILENT, 10, 15), ((None, "another word"), 16, 21))
        self.one._write()
        self.assertEqual([2], [line.looks for line in self.seen()])

    def test_counts_the_pause_since_the_look_before_its_first(self):
        self.take((RUNS, 10, 11), (NOTHING, 30, 31))
        self.one._write()
        self.assertEqual([0, 20], [line.longest_pause for line in self.seen()])

    def test_is_written_at_least_every_half_minute(self):
        self.take(*[(RUNS, 10 + number, 10.5 + number) for number in range(100)])
        self.one._write()
        lines = self.seen()
        self.assertEqual(100, sum(line.looks for line in lines))
        for line in lines:
            self.assertLessEqual(line.t_last_ended - line.t_first_began, series.WRITE_SECONDS)
        self.assertLessEqual(series.WRITE_SECONDS, 30)
        for former, later in itertools.pairwise(lines):
            pause = later.t_first_ended - former.t_last_ended
            self.assertAlmostEqual(pause, later.longest_pause, places=5)


class TheWatch(WatchCase):
    def setUp(self):
        super().setUp()
        self.cloud.domains["c1"] = {ONE: "running", "9" * 36: "running"}
        self.looked = threading.Condition()
        self.looks = 0
        run = self.shell.run

        def counted(shell, argv, deadline):
            with self.looked:
                self.looks += 1
                self.looked.notify_all()
            return run(shell, argv, deadline)

        self.shell.run = counted

    def watch(self, *names, commands=None, **more):
        made = DomainWatch(
            [host(name) for name in names],
            commands or HostCommands(),
            lambda: {ONE},
            0.001,
            self.record,
            **more,
        )
        self.addCleanup(made.stop)
        return made

    def wait_for_looks(self, count):
        with self.looked:
            wanted = self.looks + count
            self.assertTrue(self.looked.wait_for(lambda: self.looks >= wanted, 20))

    def test_looks_at_all_hosts_for_our_servers_alone_and_writes_at_its_end(self):
        watch = self.watch("c1", "c2")
        watch.start()
        self.wait_for_looks(6)
        watch.stop()
        self.assertEqual({RUNS[0]}, {line.domains for line in self.seen("c1")})
        self.assertEqual({()}, {line.domains for line in self.seen("c2")})

    def test_has_both_ends_of_each_look_by_the_monotonic_clock(self):
        before = time.monotonic()
        watch = self.watch("c1")
        watch.start()
        self.wait_for_looks(3)
        watch.stop()
        (line,) = self.seen()
        times = [line.t_first_began, line.t_first_ended, line.t_last_began, line.t_last_ended]
        self.assertEqual(sorted(times), times)
        self.assertTrue(before <= times[0] and times[-1] <= time.monotonic())

    def test_takes_a_last_look_when_it_is_to_end(self):
        watch = DomainWatch([host("c1")], HostCommands(), lambda: {ONE}, 3600, self.record)
        watch.start()
        with self.looked:
            self.looked.wait_for(lambda: self.looks, 20)
        self.cloud.domains["c1"] = {}
        watch.stop()
        self.assertEqual([RUNS[0], ()], [line.domains for line in self.seen()])

    def test_says_of_a_host_that_does_not_answer_that_nothing_is_known(self):
        watch = self.watch("c1")
        self.cloud.off.add("c1")
        watch.start()
        self.wait_for_looks(2)
        watch.stop()
        (line,) = self.seen()
        self.assertIsNone(line.domains)
        self.assertIn("c1 does not answer", line.error)

    def test_takes_an_answer_that_is_cut_off_for_a_failed_look_and_goes_on(self):
        watch = self.watch("c1")
        self.cloud.host_answers[HostCommands().domains()[-1]] = (0, f"{ONE}\n")
        watch.start()
        self.wait_for_looks(3)
        self.cloud.host_answers.clear()
        self.wait_for_looks(3)
        watch.stop()
        self.assertEqual([None, RUNS[0]], [line.domains for line in self.seen()])
        self.assertEqual([], self.lost())

    def test_that_breaks_writes_what_it_has_seen_and_says_that_evidence_is_missing(self):
        def broken(shell, argv, deadline):
            if self.looks >= 1:
                raise ZeroDivisionError("oops")
            return run(shell, argv, deadline)

        run, self.shell.run = self.shell.run, broken
        watch = self.watch("c1")
        watch.start()
        for one in watch._watches:
            one.join(20)
        self.assertEqual([RUNS[0]], [line.domains for line in self.seen()])
        (error,) = self.lost()
        self.assertEqual(("domains.seen",), error.lost)
        self.assertIn("c1: ZeroDivisionError: oops", error.error)

    def test_of_one_host_goes_on_while_another_hangs(self):
        go_on = threading.Event()
        run = self.shell.run

        def hang(shell, argv, deadline):
            if shell.host.name == "c2":
                go_on.wait(20)
                raise errors.ShellUnreachable("c2 hung")
            return run(shell, argv, deadline)

        self.shell.run = hang
        watch = self.watch("c1", "c2")
        self.addCleanup(go_on.set)
        watch.start()
        self.wait_for_looks(5)
        watch.stop(seconds=1)
        self.assertEqual(
            ["c2: the last look did not end within 1 s"], [one.error for one in self.lost()]
        )

    def test_that_never_began_can_be_ended(self):
        self.watch("c1").stop()
        self.assertFalse(self.path.exists())
