# SPDX-License-Identifier: Apache-2.0
"""What a host is asked and how its answers are read: domains, disks, files."""

from __future__ import annotations

import os
import subprocess
import tempfile
import unittest
from pathlib import Path

from migration_tests.observers.hypervisor import (
    HostCommands,
    UnreadableError,
    parse_disks,
    parse_domains,
    parse_files,
)

ONE = "11111111-1111-4111-8111-111111111111"
TWO = "22222222-2222-4222-8222-222222222222"
SIX = "66666666-6666-4666-8666-666666666666"


def sections(everything="", running="", paused="", off=""):
    """What virsh prints to the suite's four questions."""
    return "\nsection\n".join(f"{one}\n" for one in (everything, running, paused, off))


class Domains(unittest.TestCase):
    def states(self, text, driver="virsh"):
        return {one.server: one.state for one in parse_domains(text, driver)}

    def test_are_asked_for_in_one_call_by_virsh_as_it_is_to_be_run(self):
        commands = HostCommands(virsh=("podman", "exec", "nova_libvirt", "virsh"))
        self.assertEqual(
            (
                "podman",
                "exec",
                "nova_libvirt",
                "virsh",
                "list --all --uuid; echo section; list --uuid --state-running; echo section; "
                "list --uuid --state-paused; echo section; list --all --uuid --state-shutoff",
            ),
            commands.domains(),
        )

    def test_have_the_state_of_the_section_that_names_them(self):
        text = sections(f"{TWO}\n{ONE}\n{SIX}\n", f"{ONE}\n", f"{TWO}\n", f"{SIX}\n")
        found = self.states(text)
        self.assertEqual({ONE: "running", TWO: "paused", SIX: "shut off"}, found)
        self.assertEqual([ONE, TWO, SIX], [one.server for one in parse_domains(text, "virsh")])

    def test_in_no_section_are_in_another_state(self):
        self.assertEqual({ONE: "other"}, self.states(sections(f"{ONE}\n")))

    def test_seen_to_run_by_any_question_do_run(self):
        self.assertEqual({ONE: "running"}, self.states(sections(f"{ONE}\n", ONE, ONE, ONE)))
        self.assertEqual({ONE: "running"}, self.states(sections("", ONE)))

    def test_there_are_none(self):
        self.assertEqual({}, self.states(sections()))

    def test_of_an_answer_that_is_cut_off_are_not_taken_for_none(self):
        for text in ("", f"{ONE}\n", f"{ONE}\n\nsection\n", sections() + "\nsection\n"):
            with self.assertRaisesRegex(UnreadableError, "sections"):
                parse_domains(text, "virsh")

    def test_are_told_by_their_processes_where_no_virsh_can_be_run(self):
        text = (
            f"/usr/bin/qemu-system-x86_64 -name guest=x -uuid {ONE} -smp 1\n"
            f"/usr/bin/qemu-system-x86_64 -name guest=y -uuid {TWO} -incoming defer\n"
            "sshd: root\n"
        )
        self.assertEqual({ONE: "running", TWO: None}, self.states(text, "process"))
        self.assertEqual(("ps", "-eo", "args", "-ww"), HostCommands("process").domains())


class DisksOfADomain(unittest.TestCase):
    HEAD = " Type   Device   Target   Source\n--------------------------------\n"

    def disks(self, rows):
        return [(one.type, one.target, one.source) for one in parse_disks(self.HEAD + rows, ONE)]

    def test_are_what_the_hypervisor_opens(self):
        rows = (
            " file      disk    vda   /var/lib/nova/instances/x y/disk\n"
            " network   disk    vdb   volumes/volume-1\n"
            " block     disk    vdc   /dev/mapper/a\n"
        )
        self.assertEqual(
            [
                ("file", "vda", "/var/lib/nova/instances/x y/disk"),
                ("network", "vdb", "volumes/volume-1"),
                ("block", "vdc", "/dev/mapper/a"),
            ],
            self.disks(rows),
        )

    def test_of_any_type_count(self):
        rows = " nvme   disk   vda   0000:01:00.0\n vhostuser   disk   vdb   /run/x.sock\n"
        self.assertEqual(["nvme", "vhostuser"], [kind for kind, _, _ in self.disks(rows)])

    def test_do_not_include_an_empty_drive(self):
        self.assertEqual([], self.disks(" file   cdrom   sda   -\n"))

    def test_of_an_answer_without_a_head_are_not_taken_for_none(self):
        for text in ("", "error: failed\n"):
            with self.assertRaises(UnreadableError):
                parse_disks(text, ONE)

    def test_cannot_be_asked_for_without_virsh(self):
        commands = HostCommands("process")
        self.assertIsNone(commands.disks(ONE))
        self.assertEqual(("host.inspected:disks",), commands.cannot_tell)
        self.assertEqual((), HostCommands().cannot_tell)
        self.assertEqual(("virsh", "domblklist", ONE, "--details"), HostCommands().disks(ONE))


class Files(unittest.TestCase):
    def disks(self, text):
        return parse_files(text, [ONE]).disks

    def test_of_other_servers_and_of_none_are_passed_over(self):
        paths = (f"{ONE}/disk", f"{ONE}_resize/disk", f"{TWO}/disk", "_base/disk-something")
        text = "".join(f"f\text4\t7 1.5\t/var/lib/nova/instances/{path}\n" for path in paths)
        self.assertEqual(
            [f"/var/lib/nova/instances/{ONE}/disk", f"/var/lib/nova/instances/{ONE}_resize/disk"],
            [path for _, path in self.disks(text)],
        )

    def test_that_are_logs_or_folders_are_no_disks(self):
        text = (
            f"f\text4\t7 1.5\t/instances/{ONE}/console.log\n"
            f"f\text4\t8 1.5\t/instances/{ONE}/disk.info\n"
            f"d\text4\t9 1.5\t/instances/{ONE}/disk\n"
        )
        self.assertEqual((), self.disks(text))

    def test_have_marks_and_so_has_their_folder(self):
        text = (
            f"d\text4\t7 1.5\t/instances/{ONE}\n"
            f"f\text4\t8 2.5\t/instances/{ONE}/disk\n"
            f"d\text4\t9 1.5\t/instances/{TWO}\n"
            "d\text4\t3 1.5\t/instances/_base\n"
        )
        self.assertEqual(((ONE, "7 1.5"), (ONE, "8 2.5")), parse_files(text, [ONE]).marks)

    def test_that_every_host_sees_are_held_by_none(self):
        for system in ("nfs4", "ceph", "fuse.glusterfs"):
            self.assertEqual((), self.disks(f"f\t{system}\t7 1.5\t/instances/{ONE}/disk\n"))

    def test_are_listed_by_the_machines_own_find(self):
        with tempfile.TemporaryDirectory() as folder:
            home = Path(folder, ONE)
            home.mkdir()
            (home / "disk").write_text("x")
            command = HostCommands(instances_path=folder).files()
            done = subprocess.run(command, capture_output=True, text=True, check=True)
            found = parse_files(done.stdout, [ONE])
            self.assertEqual("", done.stderr)
            self.assertEqual(2, len(found.marks))
            inode = os.stat(home / "disk").st_ino
            self.assertIn(str(inode), " ".join(mark for _, mark in found.marks))

    def test_that_go_while_they_are_listed_do_not_spoil_the_list(self):
        self.assertIn("-ignore_readdir_race", HostCommands().files())
