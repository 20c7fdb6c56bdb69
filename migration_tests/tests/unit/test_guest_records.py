# SPDX-License-Identifier: Apache-2.0
"""Records written by the real script are read back; what is cut or foreign is found out."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import unittest

from migration_tests.guest import records, scripts

TOKEN = "6f1c2c0e-0000-4000-8000-000000000001"


def lines(*numbers, token=TOKEN):
    return "".join(records.record(number, token) + "\n" for number in numbers)


class ARecordFile(unittest.TestCase):
    def test_that_is_whole_is_one_range(self):
        found = records.parse(lines(1, 2, 3, 4), TOKEN)
        self.assertEqual(records.RecordFile(((1, 4),), (), 4), found)

    def test_with_a_hole_is_two_ranges(self):
        self.assertEqual(((1, 2), (4, 4)), records.parse(lines(1, 2, 4), TOKEN).intact)

    def test_may_end_in_the_middle_of_a_record(self):
        found = records.parse(lines(1, 2, 3)[:-10], TOKEN)
        self.assertEqual(((1, 2),), found.intact)
        self.assertEqual((), found.damaged)

    def test_with_zeros_in_it_is_damaged_at_that_line(self):
        found = records.parse(lines(1) + "\0" * 80 + "\n" + lines(3), TOKEN)
        self.assertEqual(((1, 1), (3, 3)), found.intact)
        self.assertEqual((-2,), found.damaged)

    def test_with_a_flipped_digit_is_damaged_at_that_number(self):
        text = lines(1, 2, 3).replace("2 " + TOKEN, "2 " + TOKEN.replace("6f", "7f"))
        self.assertEqual((2,), records.parse(text, TOKEN).damaged)

    def test_of_another_server_has_no_record_of_ours(self):
        found = records.parse(lines(1, 2, token="other"), TOKEN)
        self.assertEqual((), found.intact)
        self.assertEqual((1, 2), found.damaged)

    def test_that_is_empty_has_nothing(self):
        self.assertEqual(records.RecordFile((), (), 0), records.parse("", TOKEN))


class Acknowledgements(unittest.TestCase):
    def test_wait_for_the_rest_of_a_line(self):
        heard = records.Acknowledgements()
        self.assertEqual([1], heard.feed(b"1\n2"))
        self.assertEqual([23, 24], heard.feed(b"3\n24\n"))

    def test_keep_what_is_no_number_as_a_message(self):
        heard = records.Acknowledgements()
        self.assertEqual([1], heard.feed(b"writing direct\n1\nfailed 2\n"))
        self.assertEqual(["writing direct", "failed 2"], heard.messages)


class TheScripts(unittest.TestCase):
    """Run by this machine's shell, and by busybox where it is installed."""

    def setUp(self):
        self.home = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.home)
        # The real one would wait for every disk of this machine.
        sync = os.path.join(self.home, "sync")
        with open(sync, "w", encoding="utf-8") as file:
            file.write("#!/bin/sh\n")
        os.chmod(sync, 0o755)

    def run_script(self, script, shell):
        argv = [*shell, "-c", f"exec 2>/dev/null\n{script}"]
        path = f"{self.home}:{os.environ['PATH']}"
        environment = {**os.environ, "HOME": self.home, "PATH": path}
        return subprocess.run(argv, env=environment, capture_output=True, text=True, check=False)

    def shells(self):
        yield ("sh",)
        if shutil.which("busybox"):
            yield ("busybox", "sh")

    def test_write_records_and_acknowledge_each(self):
        for shell in self.shells():
            with self.subTest(shell):
                script = scripts.write(TOKEN, first=1, interval=0, count=3)
                done = self.run_script(script, shell)
                heard = records.Acknowledgements()
                self.assertEqual([1, 2, 3], heard.feed(done.stdout.encode()))
                path = os.path.join(self.home, scripts.RECORDS)
                with open(path, encoding="utf-8") as file:
                    found = records.parse(file.read(), TOKEN)
                self.assertEqual(((1, 3),), found.intact)
                os.unlink(path)

    def test_go_on_where_the_records_end(self):
        self.run_script(scripts.write(TOKEN, first=1, interval=0, count=2), ("sh",))
        self.run_script(scripts.write(TOKEN, first=3, interval=0, count=1), ("sh",))
        text = self.run_script(scripts.read_records(os.devnull), ("sh",)).stdout
        found = records.parse(text, TOKEN)
        self.assertEqual(((1, 3),), found.intact)

    def test_say_that_there_is_no_record_file(self):
        self.assertEqual(44, self.run_script(scripts.read_records(os.devnull), ("sh",)).returncode)

    def test_find_no_residue_on_a_new_disk_and_both_files_on_a_used_one(self):
        self.assertEqual("", self.run_script(scripts.residue(), ("sh",)).stdout)
        self.run_script(scripts.mark(TOKEN), ("sh",))
        self.run_script(scripts.write(TOKEN, first=1, interval=0, count=1), ("sh",))
        found = self.run_script(scripts.residue(), ("sh",)).stdout.splitlines()
        self.assertEqual(2, len(found))

    def test_give_the_same_fingerprint_twice(self):
        first = self.run_script(scripts.fingerprint(), ("sh",))
        self.assertEqual(0, first.returncode)
        self.assertTrue(first.stdout)
        self.assertEqual(first.stdout, self.run_script(scripts.fingerprint(), ("sh",)).stdout)
