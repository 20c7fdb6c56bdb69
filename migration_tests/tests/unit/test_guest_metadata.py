# SPDX-License-Identifier: Apache-2.0
"""What a guest can read of itself: the real script, what is read of it, what is recorded."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
import unittest
import unittest.mock
from pathlib import Path

from chaos.deadline import Deadline
from migration_tests.guest import scripts
from migration_tests.guest.metadata import DRIVE, SERVICE, Told, parse
from migration_tests.guest.shell import Finished, GuestError
from migration_tests.observers.guests import Guests
from migration_tests.record import words
from migration_tests.record.words import BEFORE, RUNNING
from migration_tests.tests.unit.fake_belongings import TOOLS

META = json.dumps({"uuid": "id", "hostname": "h.novalocal", "random_seed": "=="})


def printed(**parts):
    """What the script prints: each part after its head, all of them ended by a line feed."""
    text = "".join(f"\n=={name.replace('_', '-')}==\n{part}" for name, part in parts.items())
    return f"{text}\n"


class WhatIsPrinted(unittest.TestCase):
    def test_is_read_part_by_part(self):
        found = parse(printed(service_meta=META, service_user="#x\ny\n"))
        self.assertEqual(Told(SERVICE, "h.novalocal", "#x\ny\n", None), found)

    def test_is_believed_of_the_service_before_the_drive_unless_the_other_is_preferred(self):
        other = json.dumps({"uuid": "id", "hostname": "d"})
        text = printed(service_meta=META, service_user="s", drive_meta=other, drive_user="d")
        self.assertEqual(Told(SERVICE, "h.novalocal", "s", "id"), parse(text))
        self.assertEqual(Told(DRIVE, "d", "d", "id"), parse(text, DRIVE))

    def test_is_of_the_drive_where_the_service_is_silent(self):
        text = printed(service_meta="", service_user="", drive_meta=META, drive_user="d")
        self.assertEqual(Told(DRIVE, "h.novalocal", "d", "id"), parse(text))

    def test_may_be_nothing(self):
        for text in ("", "noise", printed(service_meta="<html>", service_user="[]")):
            self.assertEqual(Told(), parse(text))
        self.assertEqual(Told(), parse(printed(service_meta="[]")))

    def test_without_name_or_user_data_has_none_and_a_drive_without_an_id_an_empty_one(self):
        text = printed(service_meta="{}", service_user="", drive_meta="{}")
        self.assertEqual(Told(SERVICE, None, None, ""), parse(text))


class TheScript(unittest.TestCase):
    """Run by this machine's shell, and by busybox where it is installed; the network is not."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name)
        self.home, self.tools = self.root / "server", self.root / "bin"
        self.home.mkdir()
        self.tools.mkdir()
        for name in ("sh", "cat", "cp", "rm", "rmdir", "mkdir", "id", "basename", "sudo"):
            found = shutil.which(name)
            if found:
                (self.tools / name).symlink_to(found)
        # As if the login had no rights: then sudo is asked, which gives them.
        (self.tools / "sudo").unlink(missing_ok=True)
        self.tool("sudo", 'shift; exec "$@"')
        for name, script in TOOLS.items():
            self.tool(name, script)

    def tool(self, name, script):
        (self.tools / name).unlink(missing_ok=True)
        (self.tools / name).write_text(f"#!/bin/sh\n{script}\n")
        (self.tools / name).chmod(0o755)

    def tell(self, where, user_data="#x"):
        folder = self.root / where
        folder.mkdir(parents=True)
        (folder / "meta_data.json").write_text(META)
        (folder / "user_data").write_text(user_data)

    def told(self, shell=("sh",)):
        done = subprocess.run(
            [*shell, "-c", f"exec 2>/dev/null\n{scripts.metadata()}"],
            env={"HOME": str(self.home), "PATH": str(self.tools)},
            capture_output=True,
            text=True,
            check=False,
        )
        self.assertEqual([], os.listdir(self.home))
        return done.returncode, parse(done.stdout)

    def test_asks_the_service(self):
        self.tell("service-server")
        self.assertEqual((0, Told(SERVICE, "h.novalocal", "#x", None)), self.told())

    def test_asks_with_wget_where_there_is_no_curl_with_a_limit_if_it_can(self):
        self.tell("service-server")
        (self.tools / "curl").unlink()
        self.tool("wget", TOOLS["curl"])
        self.assertEqual((0, Told(SERVICE, "h.novalocal", "#x", None)), self.told())
        self.tool("timeout", 'shift; touch "$HOME/../limited"; exec "$@"')
        (self.tools / "touch").symlink_to(shutil.which("touch"))
        self.assertEqual(SERVICE, self.told()[1].source)
        self.assertTrue((self.root / "limited").exists())

    def test_says_that_it_has_nothing_to_ask_with(self):
        (self.tools / "curl").unlink()
        self.assertEqual((scripts.NO_CLIENT, Told()), self.told())

    def test_reads_the_config_drive_too_and_leaves_nothing_behind(self):
        self.tell("service-server", "#s")
        self.tell("drive-server/openstack/latest", "#d")
        self.assertEqual((0, Told(SERVICE, "h.novalocal", "#s", "id")), self.told())
        shutil.rmtree(self.root / "service-server")
        self.assertEqual((0, Told(DRIVE, "h.novalocal", "#d", "id")), self.told())

    def test_finds_the_drive_by_blkid_where_there_is_no_findfs(self):
        self.tell("drive-server/openstack/latest")
        self.tool("blkid", TOOLS["findfs"])
        (self.tools / "findfs").unlink()
        self.assertEqual("id", self.told()[1].drive)

    def test_does_without_the_drive_where_it_may_not_mount_it(self):
        self.tell("service-server")
        self.tell("drive-server/openstack/latest")
        self.tool("mount", "exit 1")
        self.assertEqual((0, Told(SERVICE, "h.novalocal", "#x", None)), self.told())

    def test_finds_nothing_where_nothing_is(self):
        self.assertEqual((0, Told()), self.told())

    @unittest.skipUnless(shutil.which("busybox"), "there is no busybox")
    def test_runs_in_busybox(self):
        self.tell("service-server")
        self.tell("drive-server/openstack/latest", "#d")
        found = self.told((shutil.which("busybox"), "sh"))
        self.assertEqual((0, Told(SERVICE, "h.novalocal", "#x", "id")), found)


class Shell:
    """A login that answers the script with one output after the other."""

    def __init__(self, *outputs, status=0):
        self.outputs, self.status, self.asked = list(outputs), status, 0

    def run(self, script, deadline):
        self.asked += 1
        output = self.outputs.pop(0) if len(self.outputs) > 1 else self.outputs[0]
        if isinstance(output, Exception):
            raise output
        return Finished(self.status, output)


class Reading(unittest.TestCase):
    BY_SERVICE = printed(service_meta=META, service_user="#s")
    BY_DRIVE = printed(service_meta="", service_user="", drive_meta=META, drive_user="#d")

    def setUp(self):
        self.events = []
        self.guests = Guests(self.events.append)
        patched = unittest.mock.patch("migration_tests.observers.guests.AGAIN", 0.01)
        patched.start()
        self.addCleanup(patched.stop)

    def read(self, shell, moment=BEFORE, seconds=5.0):
        self.guests.read("s", shell, moment, Deadline.after(seconds))
        return self.events[-1]

    def test_records_what_the_guest_found(self):
        found = self.read(Shell(self.BY_SERVICE))
        self.assertEqual(("s", BEFORE, words.SERVICE), (found.server, found.moment, found.source))
        self.assertEqual(("h.novalocal", "#s", ""), (found.hostname, found.user_data, found.error))

    def test_waits_for_the_service(self):
        shell = Shell(self.BY_DRIVE, "", self.BY_SERVICE)
        self.assertEqual(words.SERVICE, self.read(shell).source)
        self.assertEqual(3, shell.asked)

    def test_takes_the_drive_where_the_service_does_not_come(self):
        found = self.read(Shell(self.BY_DRIVE), seconds=0.03)
        self.assertEqual((words.DRIVE, "#d", "id"), (found.source, found.user_data, found.drive))

    def test_does_not_wait_for_what_was_not_there_before(self):
        self.read(Shell(self.BY_DRIVE), seconds=0)
        shell = Shell(self.BY_DRIVE)
        self.assertEqual(words.DRIVE, self.read(shell, RUNNING).source)
        self.assertEqual(1, shell.asked)

    def test_takes_what_is_said_at_the_same_place_as_before(self):
        both = printed(
            service_meta=META, service_user="#s", drive_meta=META, drive_user="#d"
        )
        self.read(Shell(self.BY_DRIVE), seconds=0)
        self.assertEqual("#d", self.read(Shell(both), RUNNING).user_data)

    def test_that_finds_nothing_says_what_came_instead(self):
        found = self.read(Shell("404 Not Found"), seconds=0)
        self.assertEqual((None, None, None), (found.source, found.hostname, found.user_data))
        self.assertIn("404 Not Found", found.error)

    def test_of_a_server_that_breaks_off_is_lost_evidence(self):
        lost = self.read(Shell(GuestError("the connection broke off")))
        self.assertEqual((("guest.metadata",), "s"), (lost.lost, lost.server))
        self.assertIn("broke off", lost.error)

    def test_of_a_server_that_has_nothing_to_ask_with_is_lost_evidence(self):
        lost = self.read(Shell("", status=scripts.NO_CLIENT))
        self.assertEqual(("guest.metadata",), lost.lost)
        self.assertIn("neither curl nor wget", lost.error)


if __name__ == "__main__":
    unittest.main()
