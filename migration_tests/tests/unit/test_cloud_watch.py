# SPDX-License-Identifier: Apache-2.0
"""The watch on the cloud: each change once, with its time; waiting for what is still to come."""

from __future__ import annotations

import tempfile
import threading
import time
import unittest
from dataclasses import replace
from pathlib import Path
from unittest import mock

from chaos.deadline import Deadline
from migration_tests.cloud.data import MigrationState, PortState, ServerState
from migration_tests.cloud.errors import CloudError
from migration_tests.observers import servers
from migration_tests.observers import watch as watching
from migration_tests.observers.changes import Change, Changes
from migration_tests.observers.servers import CloudWatch, WaitExpiredError
from migration_tests.record import history
from migration_tests.tests.unit.fake_hosts import service

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
        self.states, self.records, self.asked_ports = [], [], []
        self.hosts = [service("c1")]
        self.port = PortState(ONE, "port", "m", ("10.0.0.1",), "ACTIVE", "c1", "ovs")
        self.error = None
        self.before = lambda: None

    def servers(self, prefix):
        self.before()
        if self.error:
            raise self.error
        return tuple(self.states)

    def migrations(self, since):
        return tuple(self.records)

    def services(self):
        return tuple(self.hosts)

    def ports(self, servers):
        self.asked_ports.append(list(servers))
        return (self.port,)


def server(status="ACTIVE", task_state=None, identity=ONE, host="c1"):
    return ServerState(identity, "name", status, "active", task_state, 1, host)


def migration(status, identity="m", created_at="2026-01-01", destination=None):
    return MigrationState(
        ONE, identity, "evacuation", status, "c1", destination, created_at, "2026-01-01"
    )


class WatchCase(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = Path(folder.name) / "history.jsonl"
        self.record = history.History(self.path).recorder("scenario", "observers.servers")
        self.cloud = StubCloud()
        self.watch = CloudWatch(self.cloud, "prefix", self.record, interval=1)
        self.watch.follow(ONE)

    def look(self, *states):
        self.cloud.states = list(states)
        self.watch.look()

    def lines(self):
        return history.read(self.path) if self.path.exists() else []

    def seen(self, kind):
        return [line.event for line in self.lines() if line.kind == kind]


class ALook(WatchCase):
    def test_records_each_state_once(self):
        self.look(server())
        self.look(server())
        self.look(server("REBUILD", "rebuilding"))
        self.look(server("REBUILD", "rebuild_spawning"))
        found = [(seen.status, seen.task_state) for seen in self.seen("server.seen")]
        self.assertEqual(
            [("ACTIVE", None), ("REBUILD", "rebuilding"), ("REBUILD", "rebuild_spawning")], found
        )

    def test_tells_when_the_last_look_began_that_showed_the_former_state(self):
        self.look(server())
        before = time.monotonic()
        self.look(server())
        between = time.monotonic()
        self.look(server("SHUTOFF"))
        first, second = self.seen("server.seen")
        self.assertIsNone(first.t_unchanged)
        self.assertTrue(before <= second.t_unchanged <= between)

    def test_has_the_time_at_which_it_ended(self):
        self.cloud.before = lambda: moments.append(time.monotonic())
        moments = []
        self.look(server())
        (line,) = [line for line in self.lines() if line.kind == "server.seen"]
        self.assertGreaterEqual(line.t_mono, round(moments[0], 6))

    def test_notices_that_a_server_is_gone(self):
        self.look(server())
        self.look()
        self.assertEqual("ABSENT", self.seen("server.seen")[-1].status)

    def test_says_nothing_of_a_server_that_is_not_listed_yet_or_is_not_followed(self):
        self.look(server(identity=TWO))
        self.assertEqual([], self.seen("server.seen"))

    def test_records_a_migration_again_when_its_status_or_destination_changes(self):
        for status, destination in (
            ("accepted", None), ("accepted", None), ("pre-migrating", "c2"), ("done", "c2")
        ):  # fmt: skip
            self.cloud.records = [migration(status, destination=destination)]
            self.look(server())
        self.assertEqual(
            [("accepted", None), ("pre-migrating", "c2"), ("done", "c2")],
            [(seen.status, seen.destination) for seen in self.seen("migration.seen")],
        )

    def test_records_migrations_in_the_order_in_which_they_were_made(self):
        self.cloud.records = [
            migration("done", "later", "2026-01-02"),
            migration("done", "first", "2026-01-01"),
        ]
        self.look(server())
        found = [seen.migration for seen in self.seen("migration.seen")]
        self.assertEqual(["first", "later"], found)

    def test_records_services_and_ports_when_they_change(self):
        self.look(server())
        self.cloud.hosts = [service("c1", state="down")]
        self.cloud.port = replace(self.cloud.port, host="c2")
        self.look(server())
        self.look(server())
        self.assertEqual(["up", "down"], [seen.state for seen in self.seen("service.seen")])
        self.assertEqual(["c1", "c2"], [seen.host for seen in self.seen("port.seen")])

    def test_does_not_take_a_report_of_a_service_for_a_change(self):
        self.look()
        self.cloud.hosts = [replace(service("c1"), updated_at="later")]
        self.look()
        self.assertEqual(1, len(self.seen("service.seen")))
        self.assertEqual("later", self.watch.services["c1"].updated_at)

    def test_asks_for_the_ports_of_all_its_servers_with_one_call(self):
        self.watch.follow(TWO)
        self.look(server(), server(identity=TWO))
        self.assertEqual([[ONE, TWO]], self.cloud.asked_ports)

    def test_that_fails_shows_nothing_of_itself(self):
        self.look(server())
        self.cloud.services = mock.Mock(side_effect=CloudError("services", RuntimeError()))
        with self.assertRaises(CloudError):
            self.look(server("SHUTOFF"))
        self.assertEqual("ACTIVE", self.watch.servers[ONE].status)


class Waiting(WatchCase):
    def wait(self, until, seconds=20.0):
        return self.watch.wait(until, Deadline.after(seconds))

    def when_it_waits(self, then):
        """Do something in a thread of its own as soon as somebody waits."""

        def run():
            while not self.watch._looked._waiters:
                time.sleep(0.001)
            then()

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        self.addCleanup(thread.join)

    def test_ends_with_the_first_look_that_shows_what_is_wanted(self):
        def then():
            self.look(server("REBUILD"))
            self.look(server("SHUTOFF"))

        self.when_it_waits(then)
        asked = []

        def until(watch):
            asked.append(watch.servers[ONE].status)
            return asked[-1] == "SHUTOFF" and "it is"

        self.assertEqual("it is", self.wait(until))
        self.assertEqual("SHUTOFF", asked[-1])

    def test_does_not_ask_a_look_that_was_over_before(self):
        self.look(server())
        with self.assertRaises(WaitExpiredError):
            self.wait(lambda watch: self.fail("it was asked"), 0)

    def test_does_not_ask_a_look_that_was_under_way(self):
        began, go_on = threading.Event(), threading.Event()

        def hold():
            began.set()
            go_on.wait()

        self.cloud.before = hold
        self.cloud.states = [server("ACTIVE")]
        early = threading.Thread(target=self.watch.look, daemon=True)
        early.start()
        began.wait()

        def then():
            go_on.set()
            early.join()
            self.look(server("SHUTOFF"))

        self.when_it_waits(then)
        self.assertEqual("SHUTOFF", self.wait(lambda watch: watch.servers[ONE].status))

    def test_ends_with_the_deadline_and_names_why_looks_failed(self):
        self.cloud.error = CloudError("the list of servers", RuntimeError("down"))
        self.watch._look_safely()
        with self.assertRaises(WaitExpiredError) as raised:
            self.wait(lambda watch: True, 0)
        self.assertIs(self.cloud.error, raised.exception.__cause__)

    def test_goes_on_while_the_answer_is_nothing_or_no(self):
        def then():
            for status in ("BUILD", "ERROR", "ACTIVE"):
                self.look(server(status))

        self.when_it_waits(then)
        answers = {"BUILD": None, "ERROR": False, "ACTIVE": 0}
        self.assertEqual(0, self.wait(lambda watch: answers[watch.servers[ONE].status]))


class ThePause(WatchCase):
    def setUp(self):
        super().setUp()
        self.look(server())
        self.now = time.monotonic() + 60
        clock = mock.patch.object(servers.time, "monotonic", lambda: self.now)
        clock.start()
        self.addCleanup(clock.stop)

    def test_is_longer_while_nothing_happens(self):
        self.look(server())
        self.assertEqual(5, self.watch.pause())

    def test_is_short_while_somebody_waits(self):
        during = []
        self.cloud.states = [server()]

        def until(watch):
            during.append(watch.pause())
            return True

        self.now += 1
        thread = threading.Thread(target=self.watch.wait, args=(until, Deadline.after(20)))
        thread.start()
        while not self.watch._looked._waiters:
            time.sleep(0.001)
        self.now += 1
        self.watch.look()
        thread.join()
        self.assertEqual([1], during)
        self.assertEqual(5, self.watch.pause())

    def test_is_short_after_a_change_and_after_a_request(self):
        self.look(server("SHUTOFF"))
        self.assertEqual(1, self.watch.pause())
        self.now += 60
        self.watch.enliven()
        self.assertEqual(1, self.watch.pause())
        self.now += 60
        self.assertEqual(5, self.watch.pause())

    def test_is_short_while_a_server_is_being_worked_at(self):
        for _ in range(3):
            self.now += 60
            self.look(server("ACTIVE", "image_uploading"))
            self.assertEqual(1, self.watch.pause())


class AWatchThatFails(WatchCase):
    def fail_at(self, *times):
        self.cloud.error = CloudError("the list of servers", RuntimeError("down"))
        for now in times:
            with mock.patch.object(watching.time, "monotonic", return_value=float(now)):
                self.watch._look_safely()

    def test_for_a_moment_loses_nothing(self):
        self.fail_at(100, 120)
        self.cloud.error = None
        self.look(server())
        self.assertEqual([], self.seen("harness.error"))

    def test_for_long_says_once_what_may_be_missing(self):
        self.fail_at(100, 131, 140)
        (error,) = self.seen("harness.error")
        self.assertIn("the list of servers: RuntimeError: down", error.error)
        kinds = {"server.seen", "migration.seen", "port.seen", "service.seen"}
        self.assertEqual(kinds, set(error.lost))

    def test_again_after_it_worked_says_so_again(self):
        self.fail_at(100, 131)
        self.cloud.error = None
        self.watch._look_safely()
        self.fail_at(200, 231)
        self.assertEqual(2, len(self.seen("harness.error")))


class TheThread(WatchCase):
    def test_looks_until_it_is_stopped_and_outlives_failures(self):
        self.watch.interval = 0.001
        self.cloud.error = CloudError("the list of servers", RuntimeError("down"))
        failed = threading.Event()
        self.cloud.before = failed.set
        self.watch.start()
        self.addCleanup(self.watch.stop)
        failed.wait(10)
        self.cloud.states, self.cloud.error = [server()], None
        found = self.watch.wait(lambda watch: watch.servers.get(ONE), Deadline.after(10))
        self.assertEqual("ACTIVE", found.status)
        self.watch.stop()
        self.assertFalse(self.watch.is_alive())

    def test_looks_at_once_when_it_is_woken_from_a_long_pause(self):
        self.quiet = True
        resting, looked = threading.Event(), threading.Event()

        def pause():
            resting.set()
            return 3600 if self.quiet else 0

        self.watch.pause = pause
        self.watch.start()
        self.addCleanup(self.watch.stop)
        self.assertTrue(resting.wait(10))
        self.cloud.before = looked.set
        self.quiet = False
        self.watch.wake()
        self.assertTrue(looked.wait(10))

    def test_that_never_ran_can_be_stopped(self):
        self.watch.stop()

    def test_that_does_not_end_is_recorded_as_lost_evidence(self):
        go_on, began = threading.Event(), threading.Event()

        def hold():
            began.set()
            go_on.wait()

        self.cloud.before = hold
        self.watch.start()
        began.wait(10)
        self.watch.stop(seconds=0)
        go_on.set()
        (error,) = self.seen("harness.error")
        self.assertIn("did not end", error.error)
        self.watch.join()
