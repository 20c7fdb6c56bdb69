# SPDX-License-Identifier: Apache-2.0
"""A change of the cloud is noted beforehand, asked for by the right one, and taken back."""

from __future__ import annotations

import urllib3

from migration_tests.cloud.changes import Callers, Changes
from migration_tests.cloud.errors import CloudError
from migration_tests.tests.unit.fake_api import refusal
from migration_tests.tests.unit.test_cloud import SERVER, CloudCase


class EveryChange(CloudCase):
    def setUp(self):
        super().setUp()
        self.asked_unnoted = []
        self.fake.before_change = self.look
        self.known = 0

    def look(self):
        """Called by the cloud when it is asked: the note must be there by then."""
        if len(self.noted) <= self.known:
            self.asked_unnoted.append(self.fake.asked[-1])
        self.known = len(self.noted)

    def test_is_noted_before_it_is_asked_for(self):
        server = self.server()
        self.changes.import_key_pair("k", "ssh-ed25519 A")
        self.changes.create_security_group("g", [])
        self.changes.create_server_group("g")
        self.changes.create_floating_ip("public", f"port-{server}")
        self.changes.set_service("service-c1", "force down", "clear", forced_down=True)
        self.changes.evacuate(server)
        self.changes.live_migrate(server)
        self.changes.lock(server)
        for change in (self.changes.stop, self.changes.start, self.changes.hard_reboot):
            change(server)
        self.assertEqual([], self.asked_unnoted)
        self.assertEqual(13, len(self.noted))

    def test_that_leaves_something_behind_says_how_that_is_undone(self):
        server = self.server()
        self.changes.import_key_pair("k", "ssh-ed25519 A")
        self.changes.create_security_group("g", [])
        self.changes.create_server_group("g")
        self.changes.lock(server)
        self.changes.create_floating_ip("public", f"port-{server}")
        self.changes.set_service("service-c1", "force down c1", "clear it", forced_down=True)
        undone = {change: (undo, values) for change, undo, values in self.noted}
        self.assertEqual(("delete server", {"name": "chaos-shared"}), undone["create server"])
        self.assertEqual(("delete key pair", {"name": "k"}), undone["import key pair"])
        self.assertEqual(("delete security group", {"name": "g"}), undone["create security group"])
        self.assertEqual(("delete server group", {"name": "g"}), undone["create server group"])
        self.assertEqual(("unlock server", {"server": server}), undone["lock server"])
        self.assertEqual("delete floating IP", undone["create floating IP"][0])
        self.assertEqual(
            ("clear it", {"service": "service-c1", "forced_down": True}), undone["force down c1"]
        )

    def test_that_cannot_be_noted_is_not_asked_for(self):
        def full(*_):
            raise OSError("no space left")

        who = [self.fake.manager(name) for name in ("member", "project", "admin")]
        changes = Changes(Callers(*who), full)
        make = changes.create_server
        for ask in (changes.evacuate, changes.stop, lambda server: make(name=server)):
            with self.assertRaises(OSError):
                ask(SERVER)
        self.assertEqual([], self.fake.asked)


class WhoAsks(CloudCase):
    def who(self, method):
        return [who for who, name, *_ in self.fake.asked if name == method]

    def test_for_a_server_is_a_member_and_on_a_named_host_the_projects_admin(self):
        self.server()
        self.server(host="c2")
        self.assertEqual(["member", "project"], self.who("create_server"))

    def test_for_the_state_of_a_server_is_its_owner_and_for_a_move_the_admin(self):
        server = self.server()
        self.changes.stop(server)
        self.changes.hard_reboot(server)
        self.changes.live_migrate(server)
        self.changes.evacuate(server)
        self.assertEqual(["member", "member", "admin", "admin"], self.who("post"))

    def test_for_a_lock_is_its_owner_and_for_a_locked_server_an_admin(self):
        server, other = self.server(), self.server()
        self.assertTrue(self.changes.lock(server).accepted)
        for change in (self.changes.stop, self.changes.start, self.changes.hard_reboot):
            self.assertTrue(change(server).accepted)
        self.changes.stop(other)
        self.assertEqual(["member", "admin", "admin", "admin", "member"], self.who("post"))

    def test_for_a_server_whose_lock_was_not_answered_is_an_admin(self):
        server = self.server()
        self.fake.broken = {"post": urllib3.exceptions.ProtocolError("reset")}
        with self.assertRaises(CloudError):
            self.changes.lock(server)
        self.fake.broken = {}
        self.changes.stop(server)
        self.assertEqual(["member", "admin"], self.who("post"))

    def test_for_a_key_is_everybody_who_makes_servers(self):
        self.changes.import_key_pair("k", "ssh-ed25519 A")
        self.assertEqual(["member", "project"], self.who("create_keypair"))


class AServerGroup(CloudCase):
    def test_binds_nobody_to_a_host_and_tells_how_many_it_takes(self):
        found = self.changes.create_server_group("g")
        self.assertEqual(("id-of-g", 10), (found.server_group, found.places))
        self.assertEqual("soft-anti-affinity", self.fake.others["server group id-of-g"])

    def test_takes_any_number_where_there_is_no_limit(self):
        self.fake.group_places = -1
        self.assertGreater(self.changes.create_server_group("g").places, 10**6)

    def test_is_done_without_where_the_quota_has_no_room_for_it(self):
        self.fake.group_places = 0
        self.assertIsNone(self.changes.create_server_group("g"))

    def test_that_is_refused_for_another_reason_is_an_error(self):
        self.fake.broken = {"create_server_group": refusal(500, "broken")}
        with self.assertRaisesRegex(CloudError, "the server group g"):
            self.changes.create_server_group("g")


class Moves(CloudCase):
    def body(self):
        return self.fake.asked[-1][2][1]

    def test_leave_the_host_to_the_scheduler_unless_one_is_named(self):
        server = self.server()
        self.changes.evacuate(server)
        self.assertEqual('{"evacuate": {}}', self.body())
        self.changes.evacuate(server, "c2")
        self.assertEqual('{"evacuate": {"host": "c2"}}', self.body())

    def test_leave_it_to_nova_whether_disks_are_copied_unless_that_is_said(self):
        server = self.server()
        for block, said in ((None, '"auto"'), (True, "true"), (False, "false")):
            self.changes.live_migrate(server, block=block)
            self.assertIn(f'"host": null, "block_migration": {said}', self.body())

    def test_that_are_refused_are_answers(self):
        server = self.server()
        found = self.changes.evacuate(server)
        self.assertEqual((False, 400), (found.accepted, found.http_status))
        self.assertIn("still in use", found.error)

    def test_without_an_answer_are_an_error(self):
        self.fake.broken = {"post": urllib3.exceptions.ProtocolError("reset")}
        with self.assertRaises(CloudError):
            self.changes.evacuate(SERVER)


class TakingBack(CloudCase):
    def test_deletes_what_was_made(self):
        server = self.server()
        self.changes.import_key_pair("k", "ssh-ed25519 A")
        self.changes.create_security_group("g", [{"protocol": "icmp"}])
        self.changes.create_server_group("g")
        self.changes.create_floating_ip("public", f"port-{server}")
        self.assertEqual([], self.changes.delete_servers() + self.changes.delete_others())
        self.assertEqual(({}, {}, {}), (self.fake.servers, self.fake.floating, self.fake.others))

    def test_takes_what_is_gone_already_for_deleted(self):
        self.fake.delete_server(self.server())
        self.assertEqual([], self.changes.delete_servers())

    def test_says_what_is_left_and_goes_on_with_the_rest(self):
        servers = [self.server(), self.server()]
        self.fake.broken = {"delete_server": refusal(500, "broken")}
        left = self.changes.delete_servers()
        self.assertEqual(2, len(left))
        self.assertIn(servers[0], left[0])

    def test_deletes_a_key_whose_import_was_not_answered(self):
        create = self.fake.create_keypair

        def lost(**values):
            create(**values)
            raise urllib3.exceptions.ProtocolError("reset")

        self.fake.create_keypair = lost
        with self.assertRaises(CloudError):
            self.changes.import_key_pair("k", "ssh-ed25519 A")
        self.assertEqual([], self.changes.delete_others())
        self.assertEqual({}, self.fake.others)

    def test_deletes_a_group_whose_rules_were_refused(self):
        self.fake.broken = {"create_security_group_rule": refusal(409, "quota")}
        with self.assertRaises(CloudError):
            self.changes.create_security_group("g", [{"protocol": "icmp"}])
        self.changes.delete_others()
        self.assertEqual({}, self.fake.others)
