# SPDX-License-Identifier: Apache-2.0
"""What the API says becomes plain data, and a failed call one error."""

from __future__ import annotations

import json
import tempfile
import unittest
from types import SimpleNamespace

import urllib3
from tempest.lib import exceptions as lib_exc

from migration_tests.cloud import data, overview, versions
from migration_tests.cloud.changes import Callers, Changes
from migration_tests.cloud.details import server_details
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

    def test_is_idle_once_nova_is_at_work_on_it_no_more(self):
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


class EverythingOfAServer(unittest.TestCase):
    BODY = {  # noqa: RUF012
        **AServerOfTheList.BODY,
        "OS-EXT-SRV-ATTR:hypervisor_hostname": "c1.example.org",
        "OS-EXT-AZ:availability_zone": "az1",
        "metadata": {"b": "2", "a": "1"},
        "tags": ["y", "x"],
        "description": "d",
        "key_name": "k",
        "server_groups": ["g"],
        "config_drive": "True",
        "locked": True,
    }

    def read(self, **values):
        return server_details({**self.BODY, **values}, {"c1.example.org": "c1"})

    def test_is_read_and_the_hypervisor_named_by_its_host(self):
        found = self.read()
        self.assertEqual(("c1", "az1"), (found.hypervisor, found.availability_zone))
        self.assertEqual(((("a", "1"), ("b", "2")), ("x", "y")), (found.metadata, found.tags))
        self.assertEqual(("d", "k", ("g",)), (found.description, found.key, found.server_groups))
        self.assertEqual((True, True), (found.config_drive, found.locked))
        self.assertEqual((SERVER, "c1", "ACTIVE"), (found.server, found.host, found.status))

    def test_that_is_null_or_left_out_is_none_and_what_is_empty_is_empty(self):
        nothing = server_details(AServerOfTheList.BODY, {})
        for field in ("hypervisor", "metadata", "tags", "description", "key", "server_groups"):
            self.assertIsNone(getattr(nothing, field), field)
        self.assertEqual((None, None), (nothing.config_drive, nothing.locked))
        empty = self.read(metadata={}, tags=[], server_groups=[], config_drive="", locked=False)
        self.assertEqual(((), (), ()), (empty.metadata, empty.tags, empty.server_groups))
        self.assertEqual((False, False), (empty.config_drive, empty.locked))

    def test_keeps_the_name_of_a_hypervisor_that_is_not_listed(self):
        found = self.read(**{"OS-EXT-SRV-ATTR:hypervisor_hostname": "c9"})
        self.assertEqual("c9", found.hypervisor)


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

    def test_list_actions_that_nobody_asked_for(self):
        # What Nova does by itself has neither user nor project; Tempest's schemas want both.
        server = self.server()
        self.fake.stop(server, None)
        self.fake.actions[server][0] |= {"user_id": None, "project_id": None}
        (action,) = self.cloud.actions(server)
        self.assertEqual("stop", action.action)

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


class AnAnswer(unittest.TestCase):
    def test_tells_the_status_of_an_error_that_carries_no_response(self):
        def refused():
            raise lib_exc.Conflict("busy")

        self.assertEqual(409, answer(refused).http_status)

    def test_tells_the_status_that_the_response_has(self):
        def refused():
            raise lib_exc.OtherRestClientException("?", resp=SimpleNamespace(status=418))

        self.assertEqual(418, answer(refused).http_status)
