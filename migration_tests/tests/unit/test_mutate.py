# SPDX-License-Identifier: Apache-2.0
"""The command that puts the judges on trial: what it prints and how it ends."""

from __future__ import annotations

import io
import tempfile
import types
import unittest
from pathlib import Path

from migration_tests.cli.mutate import Mutate
from migration_tests.judges import mutation
from migration_tests.judges.mutation import Mutation
from migration_tests.record.history import History
from migration_tests.tests.unit import healthy_live as live

RECORDED = Path(__file__).with_name("recorded") / "shared_host_off_over_ipmi.jsonl"


class MutateCommand(unittest.TestCase):
    def run_with(self, *argv):
        app = types.SimpleNamespace(stdout=io.StringIO(), stderr=io.StringIO())
        command = Mutate(app, None)
        status = command.take_action(command.get_parser("mutate").parse_args(argv))
        return status, app.stdout.getvalue(), app.stderr.getvalue()

    def test_prints_the_score_of_a_history(self):
        status, out, _ = self.run_with(str(RECORDED), "--sample", "60", "--jobs", "2")
        self.assertEqual(0, status, out)
        self.assertRegex(out, r"^\d+ of 60 damages noticed: \d+\.\d% \(wanted: 95%\)\.\n")
        self.assertRegex(out, r"\d+ of \d+ fields \(\d%\) are read by no judge")
        self.assertNotIn("without a reason", out)

    def test_takes_a_run_folder_and_a_scenario(self):
        with tempfile.TemporaryDirectory() as folder:
            writer = History(Path(folder) / "history.jsonl")
            for t, event in live.healthy():
                writer.append(event, source="test", scenario=live.SCENARIO, t_mono=t)
            argv = (folder, "--sample", "10", "--scenario")
            status, out, _ = self.run_with(*argv, live.SCENARIO)
            self.assertIn("of 10 damages noticed", out)
            status, _, err = self.run_with(*argv, "another")
            self.assertEqual(2, status)
            self.assertIn("there is no evidence", err)

    def test_says_which_file_it_cannot_read(self):
        status, _, err = self.run_with("/nowhere")
        self.assertEqual(2, status)
        self.assertIn("/nowhere is no run folder", err)


class Report(unittest.TestCase):
    def lines(self, *results, every_line=True):
        from migration_tests.cli.mutate import _report

        return list(_report(mutation.total(results), every_line=every_line))

    def one(self, field, what="swap", number=3):
        return Mutation(0, number, "server.seen", (field,), what, None)

    def test_lists_what_went_unnoticed_by_its_reason(self):
        known, unknown = self.one("host"), self.one("status", "double")
        text = "\n".join(self.lines((known, False, ""), (unknown, False, "")))
        self.assertIn("0 of 2 damages noticed: 0.0%", text)
        self.assertIn("a look that was missed", text)
        self.assertIn("without a reason: a hole in a judge:\n    server.seen status: double", text)
        self.assertIn("      line 3, server.seen.status: double", text)
        text = "\n".join(self.lines((known, False, ""), every_line=False))
        self.assertIn("    server.seen host: swap (1)", text)
        self.assertNotIn("line 3", text)

    def test_names_a_failing_verdict_that_became_a_pass(self):
        text = "\n".join(self.lines((self.one("host"), True, "name_kept")))
        self.assertIn("1 of 1 damages noticed: 100.0%", text)
        self.assertIn("  name_kept: line 3, server.seen.host: swap", text)
