# SPDX-License-Identifier: Apache-2.0
"""The application: one broken command harms no other."""

from __future__ import annotations

import contextlib
import importlib.metadata
import io
import subprocess
import sys
import unittest
from unittest import mock

from migration_tests.cli import app

ENTRIES = [
    importlib.metadata.EntryPoint("report", "migration_tests.cli.report:Report", app.COMMANDS),
    importlib.metadata.EntryPoint("lab_up", "no_such_room.up:Up", app.COMMANDS),
]


class Application(unittest.TestCase):
    def run_app(self, *argv):
        out, err = io.StringIO(), io.StringIO()
        with (
            mock.patch.object(app, "entries", return_value=ENTRIES),
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
        ):
            try:
                status = app.main(argv)
            except SystemExit as end:
                status = end.code
        return status, out.getvalue(), err.getvalue()

    def test_names_the_command_that_cannot_be_loaded_and_why(self):
        status, _, err = self.run_app("lab", "up", "--hosts", "4")
        self.assertEqual(1, status)
        self.assertIn("'migration-chaos lab up", err)
        self.assertIn("no_such_room", err)

    def test_runs_the_other_commands(self):
        status, _, err = self.run_app("report", "/no/such/folder")
        self.assertEqual(2, status)
        self.assertIn("is no run folder", err)

    def test_lists_the_commands_when_none_is_named(self):
        _, out, _ = self.run_app()
        self.assertIn("Show the verdicts of a run again", out)

    def test_does_not_know_other_commands(self):
        status, _, _ = self.run_app("nonsense")
        self.assertNotEqual(0, status)


class Interrupt(unittest.TestCase):
    SCRIPT = """
import os, signal, sys
class Interrupting:
    def find_spec(self, name, path, target=None):
        if name == sys.argv[1]:
            os.kill(os.getpid(), signal.SIGINT)
sys.meta_path.insert(0, Interrupting())
signal.signal(signal.SIGINT, signal.default_int_handler)
from migration_tests.cli import entry
sys.exit(entry.main())
"""

    def test_ends_it_without_a_trace_while_it_is_still_being_loaded(self):
        for module in ("migration_tests.cli.app", "cliff.app"):
            command = [sys.executable, "-c", self.SCRIPT, module]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            self.assertEqual((130, "Interrupted.\n"), (done.returncode, done.stderr))
