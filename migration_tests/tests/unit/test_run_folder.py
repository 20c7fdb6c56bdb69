# SPDX-License-Identifier: Apache-2.0
"""Run folders: made apart, found again, named to the test processes."""

from __future__ import annotations

import os
import subprocess
import sys
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


# Stands in for the program of Tempest or stestr: starts its workers and prints what each prints.
STARTER = """
import subprocess, sys
command = sys.argv[2]
workers = [
    subprocess.Popen(command, shell=True, stdout=subprocess.PIPE, text=True)
    for _ in range(int(sys.argv[1]))
]
for worker in workers:
    print(worker.communicate()[0].strip())
"""
WORKER = """
import sys
from pathlib import Path
from migration_tests.record import run_folder
print(run_folder.current(Path(sys.argv[1]), suite="1").name)
"""


class OneRun(unittest.TestCase):
    """One run is one start of the runner, whatever workers it has: with real processes."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name)
        self.runs = self.root / "runs"
        (self.root / "worker.py").write_text(WORKER)
        self.environment = {key: value for key, value in os.environ.items() if key != ENVIRONMENT}

    def start(self, workers, name="stestr", how="exec {}", module=False):
        """Start a runner of a name; return the folders that its workers got."""
        (self.root / name).write_text(STARTER)
        program = [str(self.root / name)]
        if module:
            package = self.root / f"{name}.py"
            package.write_text(STARTER)
            program = ["-m", name]
        worker = f"{sys.executable} {self.root / 'worker.py'} {self.runs}"
        done = subprocess.run(
            [sys.executable, *program, str(workers), how.format(worker)],
            env=self.environment,
            cwd=self.root if module else None,
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout.split()

    def test_has_one_folder_for_all_its_workers(self):
        for name in ("stestr", "tempest"):
            found = self.start(4, name)
            self.assertEqual(4, len(found))
            self.assertEqual(1, len(set(found)))

    def test_has_one_folder_even_if_a_shell_stands_between(self):
        self.assertEqual(1, len(set(self.start(3, how="{}; true"))))

    def test_has_one_folder_if_the_runner_is_started_as_a_module(self):
        self.assertEqual(1, len(set(self.start(3, module=True))))

    def test_begins_its_history_once(self):
        (name,) = set(self.start(4))
        kinds = [line.kind for line in history.read(self.runs / name / "history.jsonl")]
        self.assertEqual(["run.started"], kinds)

    def test_started_twice_is_two_runs(self):
        first, second = set(self.start(2)), set(self.start(2))
        self.assertEqual((1, 1), (len(first), len(second)))
        self.assertNotEqual(first, second)
        self.assertEqual(sorted(first | second), run_folder.names(self.runs))

    def test_of_workers_without_a_runner_is_each_ones_own(self):
        self.assertEqual(2, len(set(self.start(2, "by_hand"))))

    def test_that_is_over_leaves_no_note_once_the_next_begins(self):
        self.start(2)
        self.start(2)
        notes = [path.name for path in (self.runs / run_folder.RUNNERS).iterdir()]
        self.assertEqual(2, len(notes), notes)  # the lock, and the last one's
