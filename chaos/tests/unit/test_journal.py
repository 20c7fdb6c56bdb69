# SPDX-License-Identifier: Apache-2.0
"""The journal: what it holds survives its writer, and it never says yes without having it."""

import json
import os
import resource
import subprocess
import sys
from pathlib import Path

import fixtures
import testtools

from chaos import errors
from chaos.inventory.secret import Secret
from chaos.journal import Journal

WRITER = """
import sys
from chaos.journal import Journal
journal = Journal(sys.argv[1])
for number in range(20):
    with journal.locked():
        if not journal.open_entries():
            entry = journal.open_entry("power_off", sys.argv[2], "power_on", {})
            assert [one.id for one in journal.open_entries()] == [entry.id]
            journal.close_entry(entry)
"""


class JournalTest(testtools.TestCase):
    def setUp(self):
        super().setUp()
        folder = Path(self.useFixture(fixtures.TempDir()).path)
        self.path = folder / "state" / "journal.jsonl"
        self.journal = Journal(self.path)

    def test_an_entry_is_open_until_it_is_closed_whoever_reads(self):
        entry = self.journal.open_entry("power_off", "compute1", "power_on", {"boot_id": "x"})
        (found,) = Journal(self.path).open_entries()
        self.assertEqual(entry, found)
        self.assertEqual(os.getpid(), found.by["pid"])
        self.journal.note(entry, "injected")
        self.assertEqual("injected", Journal(self.path).open_entries()[0].last)
        Journal(self.path).close_entry(found.id)
        self.assertEqual((), self.journal.open_entries())
        self.assertEqual("closed", self.journal.entries()[0].last)

    def test_a_journal_that_is_not_there_has_no_entries(self):
        self.assertEqual((), self.journal.entries())
        self.assertFalse(self.path.exists())

    def test_only_its_owner_can_read_it(self):
        self.journal.open_entry("power_off", "compute1", "power_on", {})
        self.assertEqual(0o600, self.path.stat().st_mode & 0o777)

    def test_a_line_its_writer_died_over_counts_for_nothing_and_is_removed(self):
        entry = self.journal.open_entry("power_off", "compute1", "power_on", {})
        with self.path.open("ab") as torn:
            torn.write(b'{"entry": "half a li')
        self.assertEqual([entry.id], [one.id for one in self.journal.open_entries()])
        self.journal.close_entry(entry)
        self.assertEqual((), self.journal.open_entries())
        for line in self.path.read_text().splitlines():
            json.loads(line)

    def test_a_line_that_makes_no_sense_is_not_passed_over(self):
        self.journal.open_entry("power_off", "compute1", "power_on", {})
        with self.path.open("a") as file:
            file.write("{}\n")
        lost = self.assertRaises(errors.JournalError, self.journal.open_entries)
        self.assertIn("line 2", str(lost))

    def test_a_full_disk_is_an_error_and_leaves_no_half_line(self):
        entry = self.journal.open_entry("power_off", "compute1", "power_on", {})
        size = self.path.stat().st_size
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size + 20, hard))
        self.addCleanup(resource.setrlimit, resource.RLIMIT_FSIZE, (soft, hard))
        self.assertRaises(
            errors.JournalError, self.journal.open_entry, "power_off", "compute2", "power_on", {}
        )
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        self.assertEqual(size, self.path.stat().st_size)
        self.assertEqual([entry.id], [one.id for one in self.journal.open_entries()])

    def test_a_secret_cannot_be_written(self):
        self.assertRaises(
            TypeError,
            self.journal.open_entry,
            "power_off",
            "compute1",
            "power_on",
            {"password": Secret(env="HOME")},
        )

    def test_what_is_decided_under_the_lock_is_not_decided_twice(self):
        writers = [
            subprocess.Popen([sys.executable, "-c", WRITER, str(self.path), f"compute{number}"])
            for number in range(3)
        ]
        self.assertEqual([0, 0, 0], [writer.wait() for writer in writers])
        self.assertEqual((), self.journal.open_entries())
