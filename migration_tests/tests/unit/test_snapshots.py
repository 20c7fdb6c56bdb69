# SPDX-License-Identifier: Apache-2.0
"""A snapshot of a server: each part by itself, so that one that fails costs no other."""

from __future__ import annotations

import tempfile
import unittest
from dataclasses import dataclass
from pathlib import Path

from chaos.deadline import Deadline
from migration_tests.cloud import data
from migration_tests.cloud.questions import Cloud
from migration_tests.observers.as_event import as_event
from migration_tests.observers.snapshot import KINDS, Snapshots
from migration_tests.record import history
from migration_tests.record.events import MigrationSeen, ServerAction, ServerSnapshot
from migration_tests.record.words import BEFORE
from migration_tests.tests.unit.fake_api import refusal
from migration_tests.tests.unit.fake_cloud import FakeCloud


class SnapshotCase(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = Path(folder.name) / "history.jsonl"
        self.cloud = FakeCloud(folder.name)
        record = history.History(self.path).recorder("scenario", "observers.snapshot")
        self.snapshots = Snapshots(Cloud(self.cloud.manager()), record)

    def server(self, kind="volume"):
        made = self.cloud.create_server(name="n", flavorRef=kind)["server"]["id"]
        self.cloud.runs(made)
        return made

    def events(self, kind):
        lines = history.read(self.path) if self.path.exists() else []
        return [line.event for line in lines if line.kind == kind]

    def lost(self):
        return [one.lost for one in self.events("harness.error")]


class ASnapshot(SnapshotCase):
    def test_has_all_that_the_four_services_say(self):
        server = self.server()
        self.cloud.create_floatingip("public", f"port-{server}")
        self.snapshots.take(server, BEFORE)
        (seen,) = self.events("server.snapshot")
        self.assertEqual((server, "ACTIVE", "c1"), (seen.server, seen.status, seen.host))
        self.assertEqual([(f"port-{server}", "c1")], [(one.port, one.host) for one in seen.ports])
        (floating,) = seen.floating_ips
        self.assertEqual(("127.0.1.1", f"port-{server}"), (floating.address, floating.port))
        (volume,) = self.events("volume.snapshot")
        self.assertEqual((BEFORE, "/dev/vda"), (volume.moment, volume.device))
        self.assertEqual(["attached"], [one.status for one in volume.attachments])
        (held,) = self.events("allocation.snapshot")
        self.assertEqual({"c1": {"VCPU": 1, "MEMORY_MB": 128}}, held.by_host)

    def test_records_what_is_not_there_as_the_answer_that_it_is(self):
        server = self.server("shared")
        self.cloud.allocated[server] = {}
        self.cloud.list_ports = lambda device_id: {"ports": []}
        self.snapshots.take(server, BEFORE)
        (seen,) = self.events("server.snapshot")
        self.assertEqual(((), ()), (seen.ports, seen.floating_ips))
        self.assertEqual({}, self.events("allocation.snapshot")[0].by_host)
        self.assertEqual([], self.events("volume.snapshot"))
        self.assertEqual([], self.lost())

    def test_of_which_a_part_cannot_be_learned_has_the_others(self):
        server = self.server()
        for method, kind in (
            ("list_ports", "server.snapshot"),
            ("show_volume", "volume.snapshot"),
            ("list_allocations", "allocation.snapshot"),
        ):
            with self.subTest(kind):
                self.path.unlink(missing_ok=True)
                self.cloud.broken = {method: refusal(503, "busy")}
                self.snapshots.take(server, BEFORE)
                self.assertEqual([(kind,)], self.lost())
                (error,) = self.events("harness.error")
                self.assertEqual(server, error.server)
                self.assertIn("before: ", error.error)
                for other in set(KINDS) - {kind}:
                    self.assertEqual(1, len(self.events(other)))

    def test_of_a_server_that_is_gone_is_lost_in_all_its_parts_that_fail(self):
        self.snapshots.take("gone", BEFORE)
        self.assertIn(("server.snapshot",), self.lost())


class Actions(SnapshotCase):
    def look(self, server, seconds=5.0):
        self.snapshots.actions(server, Deadline.after(seconds))
        return [
            (one.action, [event.result for event in one.events])
            for one in self.events("server.action")
        ]

    def act(self, server, left=0):
        self.cloud.act(server, "stop", "compute_stop_instance")["left"] = left

    def test_are_recorded_once(self):
        server = self.server()
        self.act(server)
        self.look(server)
        self.act(server)
        self.assertEqual([("stop", ["Success"])] * 2, self.look(server))

    def test_are_recorded_when_they_have_ended(self):
        server = self.server()
        self.act(server, left=2)
        self.assertEqual([("stop", ["Success"])], self.look(server))

    def test_that_do_not_end_in_time_are_recorded_as_they_are_and_again_when_they_have(self):
        server = self.server()
        self.act(server, left=1)
        self.assertEqual([("stop", [None])], self.look(server, 0))
        self.assertEqual([("stop", [None]), ("stop", ["Success"])], self.look(server))

    def test_are_asked_for_again_when_no_answer_comes(self):
        server = self.server()
        self.act(server)
        listed = self.cloud.list_instance_actions
        answers = iter([refusal(503, "busy")])

        def once(one):
            error = next(answers, None)
            if error:
                raise error
            return listed(one)

        self.cloud.list_instance_actions = once
        self.assertEqual([("stop", ["Success"])], self.look(server))
        self.assertEqual([], self.lost())

    def test_that_cannot_be_learned_are_lost(self):
        server = self.server()
        self.cloud.broken = {"list_instance_actions": refusal(503, "busy")}
        self.assertEqual([], self.look(server, 0))
        self.assertEqual([("server.action",)], self.lost())


@dataclass
class Answer:
    """An answer with a field that no event has."""

    server: str = "s"
    secret: str = "x"


class AnEvent(unittest.TestCase):
    def test_takes_the_fields_of_an_answer_that_it_has_too(self):
        migration = data.MigrationState("s", "m", "evacuation", "done", "c1", "c2", "t", "u")
        found = as_event(MigrationSeen, migration)
        self.assertEqual(("s", "m", "done", "c2"), (
            found.server, found.migration, found.status, found.destination
        ))  # fmt: skip

    def test_takes_parts_inside_an_answer_for_parts_of_its_own(self):
        step = data.ActionStep("e", "a", "b", "Success", "c1")
        action = data.ActionRecord("s", "evacuate", "r", "a", None, (step,))
        (event,) = as_event(ServerAction, action).events
        self.assertEqual(("e", "Success"), (event.event, event.result))

    def test_takes_what_is_given_rather_than_what_the_answer_has(self):
        migration = data.MigrationState("s", "m", "evacuation", "done", "c1", "c2", "t", "u")
        self.assertEqual("x", as_event(MigrationSeen, migration, server="x").server)

    def test_of_an_answer_without_a_field_that_it_must_have_is_an_error(self):
        with self.assertRaises(TypeError):
            as_event(ServerSnapshot, Answer())
