# SPDX-License-Identifier: Apache-2.0
"""The prober: a real process that asks the loopback, and what is recorded of it."""

from __future__ import annotations

import signal
import tempfile
import unittest
from pathlib import Path
from unittest import mock

from chaos.deadline import Deadline
from migration_tests.observers import probe
from migration_tests.observers.probe import Probe, ProbeTarget
from migration_tests.record import history

TARGETS = (ProbeTarget("a", "127.0.1.1", 0.01, 1.0), ProbeTarget("b", "127.0.1.2", 0.05, 2.0))


class ProbeCase(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = Path(folder.name) / "history.jsonl"
        self.record = history.History(self.path).recorder("scenario", "observers.probe")

    def start(self, targets=TARGETS):
        made = Probe(targets, self.record)
        self.addCleanup(made._process.wait)
        self.addCleanup(made._process.kill)
        return made

    def events(self, kind):
        lines = history.read(self.path) if self.path.exists() else []
        return {line.event.server: line.event for line in lines if line.kind == kind}


class AProber(ProbeCase):
    def test_reports_of_each_server_what_it_asked_and_heard(self):
        prober = self.start()
        self.assertTrue(prober.begun(Deadline.after(60)))
        prober.end()
        reports = self.events("probe.report")
        self.assertEqual({"a", "b"}, set(reports))
        for target in TARGETS:
            one = reports[target.server]
            self.assertGreaterEqual(one.sent, one.answered)
            self.assertEqual(target.threshold, one.threshold)
            self.assertGreaterEqual(one.t_end, one.t_start)
            for gap in one.gaps:
                self.assertGreater(gap.t_end - gap.t_start, one.interval + one.error)

    def test_whose_beginning_nobody_waited_for_reports_all_the_same(self):
        self.start().end()
        self.assertEqual({"a", "b"}, set(self.events("probe.report")))

    def test_that_dies_has_not_begun(self):
        prober = self.start()
        prober._process.send_signal(signal.SIGKILL)
        prober._process.wait()
        # It may have had the time to say so before.
        prober._process.stdout.read()
        self.assertFalse(prober.begun(Deadline.after(60)))

    def test_that_dies_is_recorded_as_lost_for_each_server(self):
        prober = self.start()
        self.assertTrue(prober.running)
        prober._process.send_signal(signal.SIGKILL)
        prober._process.wait()
        prober.end()
        lost = self.events("harness.error")
        self.assertEqual({"a", "b"}, set(lost))
        self.assertIn("status -9", lost["a"].error)
        self.assertEqual(("probe.report",), lost["a"].lost)

    def test_that_does_not_end_is_killed_and_recorded_as_lost(self):
        prober = self.start()
        prober._process.send_signal(signal.SIGSTOP)
        with mock.patch.object(probe, "END_SECONDS", 0.1):
            prober.end()
        self.assertEqual({"a", "b"}, set(self.events("harness.error")))
        self.assertEqual(-9, prober._process.wait())

    def test_whose_words_cannot_be_read_is_recorded_as_lost(self):
        prober = self.start()
        prober._process.communicate = lambda timeout: (b"nonsense\n", b"")
        prober.end()
        self.assertEqual({"a", "b"}, set(self.events("harness.error")))
