# SPDX-License-Identifier: Apache-2.0
"""What a rescue system says of its disks, and which servers can be rescued at all."""

from __future__ import annotations

import subprocess
import tempfile
import unittest
from pathlib import Path

from chaos.deadline import Deadline
from migration_tests.guest import attached, scripts
from migration_tests.guest.records import record
from migration_tests.guest.shell import GuestError
from migration_tests.observers.rescues import Rescues
from migration_tests.record.events import DataRead, HarnessError, RescueRead
from migration_tests.record.words import EPHEMERAL, SHARED, VOLUME
from migration_tests.runner import placement
from migration_tests.runner.topology import Subject
from migration_tests.scenarios.rescue_unrescue import RESCUE_UNRESCUE
from migration_tests.steps.rescue import Rescue
from migration_tests.tests.unit.scenario_case import ScenarioCase
from migration_tests.tests.unit.test_placement import PlacementCase, facts, scenario

GIB = 1024**3
PRINTED = f"""root vda none
disk vdb 1048576 -
disk vdb1 1047552 one
 {record(1, "one")}
 {record(2, "one")}

disk vdc 10 none
"""


class Printed(unittest.TestCase):
    def test_disks_are_read_with_marks_sizes_and_records(self):
        found = attached.parse(PRINTED)
        self.assertEqual(("vda", ""), (found.root, found.mark))
        first, second, third = found.disks
        self.assertEqual(("vdb", GIB, None), (first.device, first.size, first.mark))
        self.assertEqual(("vdb1", "one"), (second.device, second.mark))
        self.assertEqual(f"{record(1, 'one')}\n{record(2, 'one')}\n", second.records)
        self.assertEqual(("", ""), (third.mark, third.records))

    def test_a_root_that_was_not_found_is_not_learned(self):
        self.assertIsNone(attached.parse("root none one\n").root)
        self.assertEqual("one", attached.parse("root none one\n").mark)

    def test_anything_else_is_no_list_of_disks(self):
        for text in ("", "sh: not found\n", "root vda none\nfive\n", " x\n"):
            with self.subTest(text), self.assertRaises(attached.UnreadableError):
                attached.parse(text)


class TheScript(unittest.TestCase):
    def test_finds_mark_and_records_on_the_disk_that_can_be_mounted(self):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            home, disk, tools = (folder / one for one in ("home", "disk", "tools"))
            for one in (home, disk, tools, folder / "block"):
                one.mkdir()
            (disk / scripts.MARKER).write_text("one\n")
            (disk / scripts.RECORDS).write_text(f"{record(1, 'one')}\n2 one cut")
            (folder / "partitions").write_text(
                "major minor  #blocks  name\n\n 1 0 5 vda\n 1 1 9 vdb\n 1 2 7 vdc\n 1 3 7 sr0\n"
            )
            (folder / "mountinfo").write_text("1 0 252:0 / / rw - ext4 /dev/vda rw\n")
            (folder / "block" / "252:0").symlink_to("../x/vda")
            (tools / "mount").write_text(
                f'#!/bin/sh\nfor at; do :; done\n[ "$3" = /dev/vdb ] || exit 32\n'
                f'mkdir -p "$at/$HOME" && cp -r {disk}/. "$at/$HOME"\n'
            )
            (tools / "umount").write_text('#!/bin/sh\nrm -r "$1"/*\n')
            for tool in tools.iterdir():
                tool.chmod(0o755)
            (tools / "sudo").symlink_to("/usr/bin/env")
            script = scripts.attached()
            for ours, theirs in {
                "/proc/partitions": folder / "partitions",
                "/proc/self/mountinfo": folder / "mountinfo",
                "/sys/dev/block": folder / "block",
                "sudo -n": "env",
            }.items():
                script = script.replace(ours, str(theirs))
            done = subprocess.run(
                ["sh", "-c", script],
                env={"HOME": str(home), "PATH": f"{tools}:/usr/bin:/bin"},
                capture_output=True,
                text=True,
                check=True,
            )
            found = attached.parse(done.stdout)
            self.assertEqual(("vda", ""), (found.root, found.mark))
            seen = [(one.device, one.size, one.mark) for one in found.disks]
            self.assertEqual([("vdb", 9 * 1024, "one"), ("vdc", 7 * 1024, None)], seen)
            self.assertTrue(found.disks[0].records.startswith(record(1, "one")))
            self.assertEqual([], list(home.iterdir()))


class Shell:
    """A rescue system that prints something, or raises."""

    def __init__(self, output):
        self.output = output

    def check(self, script, deadline):
        if isinstance(self.output, Exception):
            raise self.output
        return self.output


class ALookFromARescueSystem(unittest.TestCase):
    def read(self, output, server="one"):
        found = []
        Rescues(found.append).read(server, Shell(output), Deadline.after(5))
        return found

    def test_records_the_disks_and_the_records_on_the_servers_own(self):
        disks, data = self.read(PRINTED)
        self.assertEqual(["vdb", "vdb1", "vdc"], [one.device for one in disks.disks])
        self.assertEqual(((1, 2),), data.intact)

    def test_records_no_data_where_no_disk_is_the_servers(self):
        (disks,) = self.read(PRINTED, "two")
        self.assertIsInstance(disks, RescueRead)

    def test_that_fails_is_lost_evidence(self):
        for output in (GuestError("gone"), "what?\n"):
            (lost,) = self.read(output)
            self.assertIsInstance(lost, HarnessError)
            self.assertEqual((RescueRead.kind, DataRead.kind), lost.lost)


class ServersThatCannotBeRescued(PlacementCase):
    WHAT = scenario(Rescue(), subjects=(Subject(SHARED), Subject(VOLUME)))

    def test_are_left_out_by_the_image_or_the_api_version(self):
        kinds = {"kinds": (SHARED, VOLUME)}
        self.assertEqual((SHARED,), self.placed(self.WHAT, **kinds).topology.storages)
        self.assertIn("hw_rescue_bus", Rescue().leaves_out(VOLUME, "2.95", facts()))
        self.assertIn("2.87", Rescue().leaves_out(VOLUME, "2.86"))
        for storage in (SHARED, EPHEMERAL):
            self.assertEqual("", Rescue().leaves_out(storage, "2.74", facts()))

    def test_skip_the_scenario_with_the_reason_if_there_are_no_others(self):
        self.skipped(
            "hw_rescue_device", scenario(Rescue(), subjects=(Subject(VOLUME),)), kinds=(VOLUME,)
        )

    def test_are_not_planned_at_an_older_version(self):
        plan = placement.declared(self.WHAT, "2.86")
        self.assertEqual([SHARED], [server.storage for server in plan.servers])


class ARescue(ScenarioCase):
    def test_is_made_with_the_image_for_it_by_the_servers_owner_and_is_journalled(self):
        self.run_scenario(RESCUE_UNRESCUE)
        self.assertEqual({"image"}, set(self.cloud.rescue_images.values()))
        self.assertEqual(3, len(self.cloud.rescue_images))
        undone = {one.undo for one in self.events("cloud.change") if one.change == "rescue server"}
        self.assertEqual({"unrescue server"}, undone)
        whole = self.events("rescue.read")
        self.assertEqual(3, len(whole))
        for read in whole:
            self.assertIn(read.server, [disk.mark for disk in read.disks])

    def test_without_any_that_was_taken_ends_the_scenario(self):
        self.run_scenario(RESCUE_UNRESCUE, rescues=False)
        (stop,) = self.events("scenario.stopped")[:1]
        self.assertEqual("the cloud refused to rescue any server", stop.reason)

