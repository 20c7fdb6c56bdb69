# SPDX-License-Identifier: Apache-2.0
"""What the API says becomes plain data, a failed call one error; a change is noted beforehand."""

from __future__ import annotations

import json
import tempfile
import unittest
from types import SimpleNamespace

import urllib3
from tempest.lib import exceptions as lib_exc

from migration_tests.cloud import data, overview, versions
from migration_tests.cloud.changes import Callers, Changes
from migration_tests.cloud.errors import CloudError, answer, asking
from migration_tests.cloud.questions import Cloud
from migration_tests.tests.unit.fake_api import refusal
from migration_tests.tests.unit.fake_cloud import FakeCloud

SERVER = "11111111-1111-4111-8111-111111111111"


class Microversions(unittest.TestCase):
    def test_are_compared_as_numbers(self):
        self.assertTrue(versions.at_least("2.100", "2.95"))
        self.assertFalse(versions.at_least("2.9", "2.74"))

    def test_of_a_newer_cloud_are_held_to_the_configured_one(self):
        self.assertEqual("2.95", versions.choose("2.100", "2.95"))

    def test_of_an_older_cloud_are_its_newest(self):
        self.assertEqual("2.79", versions.choose("2.79", "2.95"))


class AServerOfTheList(unittest.TestCase):
    BODY = {  # noqa: RUF012
        "id": SERVER,
        "name": "n",
        "status": "ACTIVE",
        "OS-EXT-SRV-ATTR:host": "c1",
        "fault": None,
    }

    def test_without_a_field_has_none_there_and_is_no_error(self):
        found = data.server_state({**self.BODY, "OS-EXT-SRV-ATTR:host": None})
        self.assertEqual((None, None, ""), (found.host, found.task_state, found.fault))

    def test_says_why_it_failed(self):
        found = data.server_state({**self.BODY, "fault": {"message": "No valid host"}})
        self.assertEqual("No valid host", found.fault)

    def test_is_settled_once_nova_is_at_work_on_it_no_more(self):
        for status, task, idle in (
            ("ACTIVE", None, True),
            ("ERROR", None, True),
            ("ACTIVE", "powering-off", False),
            ("BUILD", None, False),
            ("REBUILD", None, False),
        ):
            with self.subTest(status=status, task=task):
                body = {**self.BODY, "status": status, "OS-EXT-STS:task_state": task}
                self.assertEqual(idle, data.server_state(body).idle)


class AComputeService(unittest.TestCase):
    def test_is_usable_only_if_up_and_enabled_and_not_forced_down(self):
        for state, status, forced, usable in (
            ("up", "enabled", False, True),
            ("down", "enabled", False, False),
            ("up", "disabled", False, False),
            ("up", "enabled", True, False),
        ):
            body = {"id": 1, "host": "c1", "state": state, "status": status}
            found = data.service_state({**body, "forced_down": forced})
            self.assertEqual(usable, found.usable)


class APort(unittest.TestCase):
    def test_without_a_host_has_none_whether_null_empty_or_left_out(self):
        body = {"id": "p", "mac_address": "m", "status": "DOWN"}
        for host in ({}, {"binding:host_id": None}, {"binding:host_id": ""}):
            found = data.port({**body, **host})
            self.assertEqual((None, (), ""), (found.host, found.fixed_ips, found.server))


class AVolumesAttachments(unittest.TestCase):
    def test_have_the_status_of_the_one_answer_and_the_host_of_the_other(self):
        listed = [{"id": "a", "instance": SERVER, "status": "attached", "volume_id": "v"}]
        volume = {"attachments": [{"attachment_id": "a", "server_id": SERVER, "host_name": "c2"}]}
        (found,) = data.attachments(listed, volume)
        self.assertEqual(("attached", "c2"), (found.status, found.host))

    def test_count_when_only_one_of_the_answers_knows_them(self):
        listed = [{"id": "a", "instance": SERVER, "status": "reserved", "volume_id": "v"}]
        volume = {"attachments": [{"attachment_id": "b", "server_id": SERVER, "host_name": "c2"}]}
        self.assertEqual(["a", "b"], [one.attachment for one in data.attachments(listed, volume)])


class Allocations(unittest.TestCase):
    PROVIDERS = (
        {"uuid": "p1", "name": "node1", "root_provider_uuid": "p1"},
        {"uuid": "p2", "name": "node1_gpu", "root_provider_uuid": "p1"},
    )
    NODES = ({"hypervisor_hostname": "node1", "service": {"host": "c1"}},)

    def test_of_a_nested_provider_count_for_the_host_that_nova_knows(self):
        hosts = data.provider_hosts(self.PROVIDERS, self.NODES)
        held = {"p1": {"resources": {"VCPU": 1}}, "p2": {"resources": {"VGPU": 1, "VCPU": 2}}}
        found = data.allocations({"allocations": held}, hosts)
        self.assertEqual({"c1": {"VCPU": 3, "VGPU": 1}}, found)

    def test_on_a_provider_that_is_no_compute_node_keep_its_name(self):
        self.assertEqual({"p1": "node1", "p2": "node1"}, data.provider_hosts(self.PROVIDERS, ()))

    def test_on_an_unknown_provider_are_not_lost(self):
        body = {"allocations": {"p9": {"resources": {"VCPU": 1}}}}
        self.assertEqual({"p9": {"VCPU": 1}}, data.allocations(body, {}))


class AFlavorsText(unittest.TestCase):
    def test_is_the_same_whatever_the_order_and_the_links(self):
        one = data.flavor_text({"ram": 128, "vcpus": 1, "links": ["x"]})
        self.assertEqual(one, data.flavor_text({"vcpus": 1, "ram": 128}))


class AnInstanceAction(unittest.TestCase):
    def test_has_its_events_in_the_order_they_began(self):
        body = {
            "action": "evacuate",
            "request_id": "req",
            "start_time": "2026-01-01T00:00:00",
            "events": [
                {"event": "compute_rebuild_instance", "start_time": "2026-01-01T00:00:02"},
                {"event": "rebuild_server", "start_time": "2026-01-01T00:00:01"},
            ],
        }
        found = data.action(SERVER, body)
        self.assertEqual(
            ["rebuild_server", "compute_rebuild_instance"], [one.event for one in found.events]
        )


class WhatHostsHave(unittest.TestCase):
    def test_free_is_what_may_be_given_out_less_what_is(self):
        inventory = {"total": 10, "reserved": 2, "allocation_ratio": 1.5}
        self.assertEqual({"VCPU": 7}, overview.free({"VCPU": inventory}, {"VCPU": 5}))

    def test_to_control_the_cloud_with_is_all_but_the_compute_service(self):
        listed = [
            {"host": "c1", "binary": "nova-compute"},
            {"host": "c1@rbd", "binary": "cinder-volume"},
            {"host": "c1", "binary": "nova-conductor"},
            {"host": "c10", "binary": "nova-scheduler"},
        ]
        self.assertEqual(("cinder-volume", "nova-conductor"), overview.controllers(listed, "c1"))


class ACall(unittest.TestCase):
    def test_that_fails_says_what_was_asked_and_with_which_status_it_was_answered(self):
        with self.assertRaises(CloudError) as raised, asking("the list of servers"):
            raise refusal(503, "busy")
        self.assertIn("the list of servers: ServerFault", str(raised.exception))
        self.assertEqual(503, raised.exception.http_status)

    def test_whose_answer_lacks_what_it_must_have_is_a_failed_call(self):
        with self.assertRaisesRegex(CloudError, "KeyError: 'servers'"), asking("servers"):
            {}["servers"]

    def test_whose_answer_is_no_json_or_of_another_shape_is_a_failed_call(self):
        for read in (lambda: json.loads("<html>"), lambda: len(None), lambda: {}["x"]):
            with self.assertRaisesRegex(CloudError, "the volumes: "), asking("the volumes"):
                read()

    def test_that_fails_by_an_error_of_ours_is_none_of_the_clouds(self):
        with self.assertRaises(AttributeError), asking("the volumes"):
            _ = data.nonsense

    def test_that_fails_without_a_response_has_the_status_of_its_kind(self):
        with self.assertRaises(CloudError) as raised, asking("the list of servers"):
            raise lib_exc.ServerFault("broken")
        self.assertEqual(500, raised.exception.http_status)

    def test_that_may_be_refused_gives_the_refusal_as_an_answer(self):
        def refused():
            raise refusal(409, "Cannot 'evacuate'\ninstance")

        found = answer(refused)
        self.assertEqual((False, 409), (found.accepted, found.http_status))
        self.assertIn("Cannot 'evacuate' instance", found.error)

    def test_without_any_answer_is_no_refusal(self):
        def lost():
            raise urllib3.exceptions.ProtocolError("connection reset")

        with self.assertRaises(CloudError):
            answer(lost)


class CloudCase(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.fake = FakeCloud(folder.name)
        self.cloud = Cloud(self.fake.manager())
        self.noted = []
        who = [self.fake.manager(name) for name in ("member", "project", "admin")]
        self.changes = Changes(Callers(*who), lambda *note: self.noted.append(note))

    def server(self, kind="shared", **values):
        made = self.changes.create_server(name=f"chaos-{kind}", flavorRef=kind, **values)
        self.fake.runs(made)
        return made


class Questions(CloudCase):
    def test_name_the_newest_version_offered(self):
        self.fake.api = "2.100"
        self.assertEqual("2.100", self.cloud.offered_microversion())

    def test_list_servers_by_the_beginning_of_their_names(self):
        server = self.server()
        self.assertEqual([server], [one.server for one in self.cloud.servers("chaos")])
        self.assertEqual((), self.cloud.servers("other"))
        self.assertEqual((server,), self.cloud.server_ids_on("c1"))
        self.assertEqual((), self.cloud.server_ids_on("c2"))

    def test_list_all_ports_of_several_servers_at_once_in_the_order_of_their_ids(self):
        servers = [self.server(), self.server()]
        found = self.cloud.ports(servers[::-1])
        self.assertEqual([f"port-{server}" for server in servers], [one.port for one in found])

    def test_find_the_floating_ips_of_ports(self):
        server = self.server()
        made = self.changes.create_floating_ip("public", f"port-{server}")
        self.assertEqual((made,), self.cloud.floating_ips(self.cloud.ports([server])))

    def test_join_a_volume_of_what_nova_and_cinder_say(self):
        server = self.server("volume")
        (volume,) = self.cloud.volumes(server)
        found = (volume.device, volume.type, volume.status)
        self.assertEqual(("/dev/vda", "fast", "in-use"), found)
        (one,) = volume.attachments
        self.assertEqual((server, "c1", "attached"), (one.server, one.host, one.status))
        self.assertEqual((), self.cloud.volumes(self.server("shared")))

    def test_name_hosts_as_nova_does_in_allocations_and_in_room(self):
        server = self.server("volume")
        self.assertEqual({"c1": {"VCPU": 1, "MEMORY_MB": 128}}, self.cloud.allocations(server))
        self.assertEqual({"c1", "c2", "c3"}, set(self.cloud.room()))

    def test_list_the_actions_with_their_events(self):
        server = self.server()
        self.fake.stop(server, None)
        (action,) = self.cloud.actions(server)
        self.assertEqual(("stop", "Success"), (action.action, action.events[0].result))

    def test_that_fail_are_one_kind_of_error_that_names_the_question(self):
        for question, method, named in (
            (lambda: self.cloud.servers("x"), "list_servers", "the list of servers"),
            (self.cloud.services, "list_services", "compute services"),
            (lambda: self.cloud.migrations("x"), "list_migrations", "the list of migrations"),
            (lambda: self.cloud.ports(["x"]), "list_ports", "the list of ports"),
            (lambda: self.cloud.server("x"), "show_server", "server x"),
            (lambda: self.cloud.actions("x"), "list_instance_actions", "instance actions of x"),
            (lambda: self.cloud.volumes("x"), "list_volume_attachments", "the volumes of x"),
            (lambda: self.cloud.allocations("x"), "list_allocations", "the allocations of x"),
            (self.cloud.room, "list_resource_providers", "what Placement has free"),
            (lambda: self.cloud.flavor("x"), "show_flavor", "the flavor x"),
            (self.cloud.aggregates, "list_aggregates", "the list of aggregates"),
            (lambda: self.cloud.controllers_on("c1"), "list_services", "the lists of services"),
        ):
            with self.subTest(named):
                self.fake.broken = {method: refusal(500, "broken")}
                with self.assertRaisesRegex(CloudError, named):
                    question()


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
        self.changes.create_floating_ip("public", f"port-{server}")
        self.changes.set_service("service-c1", "force down", "clear", forced_down=True)
        self.changes.evacuate(server)
        self.changes.live_migrate(server)
        for change in (self.changes.stop, self.changes.start, self.changes.hard_reboot):
            change(server)
        self.assertEqual([], self.asked_unnoted)
        self.assertEqual(11, len(self.noted))

    def test_that_leaves_something_behind_says_how_that_is_undone(self):
        server = self.server()
        self.changes.import_key_pair("k", "ssh-ed25519 A")
        self.changes.create_security_group("g", [])
        self.changes.create_floating_ip("public", f"port-{server}")
        self.changes.set_service("service-c1", "force down c1", "clear it", forced_down=True)
        undone = {change: (undo, values) for change, undo, values in self.noted}
        self.assertEqual(("delete server", {"name": "chaos-shared"}), undone["create server"])
        self.assertEqual(("delete key pair", {"name": "k"}), undone["import key pair"])
        self.assertEqual(("delete security group", {"name": "g"}), undone["create security group"])
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

    def test_for_a_key_is_everybody_who_makes_servers(self):
        self.changes.import_key_pair("k", "ssh-ed25519 A")
        self.assertEqual(["member", "project"], self.who("create_keypair"))


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


class AnAnswer(unittest.TestCase):
    def test_tells_the_status_of_an_error_that_carries_no_response(self):
        def refused():
            raise lib_exc.Conflict("busy")

        self.assertEqual(409, answer(refused).http_status)

    def test_tells_the_status_that_the_response_has(self):
        def refused():
            raise lib_exc.OtherRestClientException("?", resp=SimpleNamespace(status=418))

        self.assertEqual(418, answer(refused).http_status)
