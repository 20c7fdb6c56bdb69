# SPDX-License-Identifier: Apache-2.0
"""What observers make of answers: changes between looks, domains and disks of a host."""

from __future__ import annotations

import tempfile
import unittest
from pathlib import Path

from chaos.deadline import Deadline
from migration_tests.cloud.data import ServerState, ServiceState
from migration_tests.observers.changes import Change, Changes
from migration_tests.observers.servers import CloudWatch, WaitExpiredError
from migration_tests.observers.source_host import HostCommands, parse_domains, parse_files
from migration_tests.record import history
from migration_tests.record.events import MigrationSeen, PortSeen

ONE = "11111111-1111-4111-8111-111111111111"
TWO = "22222222-2222-4222-8222-222222222222"


class AState(unittest.TestCase):
    def test_is_a_change_at_first_sight_with_no_former_look(self):
        self.assertEqual(Change(None), Changes().changed("server", ONE, "BUILD", 10.0))

    def test_is_no_change_while_it_stays(self):
        changes = Changes()
        changes.changed("server", ONE, "BUILD", 10.0)
        self.assertIsNone(changes.changed("server", ONE, "BUILD", 11.0))

    def test_changed_after_the_last_look_that_showed_the_former(self):
        changes = Changes()
        changes.changed("server", ONE, "BUILD", 10.0)
        changes.changed("server", ONE, "BUILD", 11.0)
        self.assertEqual(Change(11.0), changes.changed("server", ONE, "ACTIVE", 12.0))

    def test_is_one_servers_own(self):
        changes = Changes()
        changes.changed("server", ONE, "BUILD", 10.0)
        self.assertEqual(Change(None), changes.changed("server", TWO, "BUILD", 11.0))


class StubCloud:
    """Answers with what stands in its fields."""

    def __init__(self):
        self.states = []
        self.records = []

    def servers(self, prefix):
        return tuple(self.states)

    def migrations(self, since):
        return tuple(self.records)

    def services(self):
        return (ServiceState("7", "c1", "up", "enabled", False, "now"),)

    def ports_of(self, servers):
        return {"port": PortSeen(server=servers[0], port="port", status="ACTIVE", host="c1")}


def server(status, task_state=None):
    return ServerState(ONE, "name", status, "active", task_state, 1, "c1")


class TheWatch(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = Path(folder.name) / "history.jsonl"
        record = history.History(self.path).recorder("story", "observers.servers")
        self.cloud = StubCloud()
        self.watch = CloudWatch(self.cloud, "prefix", record, interval=1)
        self.watch.follow(ONE)

    def look(self, *states):
        self.cloud.states = list(states)
        self.watch.look()

    def seen(self, kind):
        return [line.event for line in history.read(self.path) if line.kind == kind]

    def test_records_each_state_once(self):
        self.look(server("ACTIVE"))
        self.look(server("ACTIVE"))
        self.look(server("REBUILD", "rebuilding"))
        self.look(server("REBUILD", "rebuild_spawning"))
        found = [(seen.status, seen.task_state) for seen in self.seen("server.seen")]
        self.assertEqual(
            [("ACTIVE", None), ("REBUILD", "rebuilding"), ("REBUILD", "rebuild_spawning")], found
        )

    def test_tells_up_to_when_the_former_state_was_seen(self):
        self.look(server("ACTIVE"))
        self.look(server("SHUTOFF"))
        first, second = self.seen("server.seen")
        self.assertIsNone(first.t_unchanged)
        self.assertIsNotNone(second.t_unchanged)

    def test_notices_that_a_server_is_gone(self):
        self.look(server("ACTIVE"))
        self.look()
        self.assertEqual("ABSENT", self.seen("server.seen")[-1].status)

    def test_says_nothing_of_a_server_that_is_not_listed_yet(self):
        self.look()
        self.assertEqual([], self.seen("server.seen"))

    def test_records_a_migration_again_when_its_status_changes(self):
        for status in ("accepted", "accepted", "done"):
            self.cloud.records = [
                MigrationSeen(
                    server=ONE,
                    migration="m",
                    type="evacuation",
                    status=status,
                    source="c1",
                    destination=None,
                )
            ]
            self.look(server("ACTIVE"))
        self.assertEqual(
            ["accepted", "done"], [seen.status for seen in self.seen("migration.seen")]
        )

    def test_lets_a_story_wait_for_what_it_sees(self):
        self.look(server("ACTIVE"))
        found = self.watch.wait(lambda watch: watch.servers[ONE].status, Deadline.after(0))
        self.assertEqual("ACTIVE", found)

    def test_ends_the_waiting_with_the_deadline(self):
        with self.assertRaises(WaitExpiredError):
            self.watch.wait(lambda watch: watch.servers.get(TWO), Deadline.after(0))


class AHost(unittest.TestCase):
    def test_lists_domains_one_uuid_a_line(self):
        self.assertEqual((ONE, TWO), parse_domains(f"{TWO}\n{ONE}\n\n", "virsh"))

    def test_shows_domains_by_their_processes_too(self):
        text = f"/usr/bin/qemu-system-x86_64 -name guest=x -uuid {ONE} -smp 1\nsshd: root\n"
        self.assertEqual((ONE,), parse_domains(text, "process"))

    def test_shows_the_disks_of_the_storys_servers_only(self):
        paths = (f"{ONE}/disk", f"{ONE}_resize/disk", f"{TWO}/disk", "_base/disk-something")
        text = "".join(f"f\text4\t7 1.5\t/var/lib/nova/instances/{path}\n" for path in paths)
        found = [path for owner, path in parse_files(text, [ONE]).disks if owner == ONE]
        self.assertEqual(2, len(found))

    def test_takes_neither_a_log_nor_a_folder_for_a_disk(self):
        text = (
            f"f\text4\t7 1.5\t/instances/{ONE}/console.log\n"
            f"f\text4\t8 1.5\t/instances/{ONE}/disk.info\n"
            f"d\text4\t9 1.5\t/instances/{ONE}/disk\n"
        )
        self.assertEqual((), parse_files(text, [ONE]).disks)

    def test_marks_a_servers_folder_and_what_is_in_it(self):
        text = (
            f"d\text4\t7 1.5\t/instances/{ONE}\n"
            f"f\text4\t8 2.5\t/instances/{ONE}/disk\n"
            f"d\text4\t9 1.5\t/instances/{TWO}\n"
            "d\text4\t3 1.5\t/instances/_base\n"
        )
        self.assertEqual(((ONE, "7 1.5"), (ONE, "8 2.5")), parse_files(text, [ONE]).marks)

    def test_is_not_blamed_for_a_disk_that_every_host_sees(self):
        text = f"f\tnfs4\t7 1.5\t/var/lib/nova/instances/{ONE}/disk\n"
        self.assertEqual((), parse_files(text, [ONE]).disks)

    def test_runs_virsh_as_it_is_told_to(self):
        commands = HostCommands(virsh=("podman", "exec", "nova_libvirt", "virsh"))
        self.assertEqual(
            ("podman", "exec", "nova_libvirt", "virsh", "list", "--all", "--uuid"),
            commands.domains(),
        )
