# SPDX-License-Identifier: Apache-2.0
"""Run folders: made apart, found again, named to the test processes."""

from __future__ import annotations

import os
import tempfile
import unittest
from pathlib import Path
from unittest import mock

from migration_tests.record import history, run_folder
from migration_tests.record.run_folder import ENVIRONMENT, RunFolderError


class RunFolders(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.runs = Path(folder.name) / "runs"
        environment = mock.patch.dict(os.environ)
        environment.start()
        self.addCleanup(environment.stop)
        os.environ.pop(ENVIRONMENT, None)
        run_folder._own.clear()

    def test_of_the_same_second_are_apart_and_latest_is_the_last(self):
        with mock.patch("time.strftime", return_value="20261121T010203Z"):
            made = [run_folder.create(self.runs, suite="1") for _ in range(3)]
        names = ["20261121T010203Z", "20261121T010203Z-2", "20261121T010203Z-3"]
        self.assertEqual(names, [folder.name for folder in made])
        self.assertEqual(names, run_folder.names(self.runs))
        self.assertEqual(names[-1], os.readlink(self.runs / "latest"))

    def test_begin_their_history_with_what_is_run(self):
        made = run_folder.create(self.runs, suite="1", cloud="http://c", defects=("leak",))
        (line,) = history.read(made.history)
        self.assertEqual(
            (made.name, "http://c", ("leak",)),
            (line.event.run, line.event.cloud, line.event.defects),
        )

    def test_are_found_by_themselves_or_as_the_latest(self):
        made = run_folder.create(self.runs, suite="1")
        self.assertEqual(made, run_folder.find(made.path))
        self.assertEqual(made, run_folder.find(self.runs))
        self.assertEqual(made, run_folder.find(self.runs / "latest"))

    def test_that_are_none_are_named_with_what_to_do(self):
        with self.assertRaisesRegex(RunFolderError, "migration-chaos certify"):
            run_folder.find(self.runs)

    def test_that_cannot_be_made_are_named(self):
        self.runs.write_text("a file")
        with self.assertRaisesRegex(RunFolderError, "no run folder can be made"):
            run_folder.create(self.runs, suite="1")

    def test_named_in_the_environment_are_used(self):
        made = run_folder.create(self.runs, suite="1")
        os.environ[ENVIRONMENT] = str(made.path)
        self.assertEqual(made, run_folder.current(Path("elsewhere"), suite="1"))

    def test_without_a_name_are_made_once_in_a_process(self):
        first = run_folder.current(self.runs, suite="1")
        self.assertEqual(first, run_folder.current(self.runs, suite="1"))
        self.assertEqual([first.name], run_folder.names(self.runs))
