# SPDX-License-Identifier: Apache-2.0
"""What the API says becomes plain data; microversions are numbers, not text."""

from __future__ import annotations

import unittest

from migration_tests.cloud import clients, data

SERVER = "11111111-1111-4111-8111-111111111111"


class Microversions(unittest.TestCase):
    def test_are_compared_as_numbers(self):
        self.assertTrue(clients.at_least("2.100", "2.95"))
        self.assertFalse(clients.at_least("2.9", "2.74"))

    def test_of_a_newer_cloud_are_held_to_the_configured_one(self):
        self.assertEqual("2.95", clients.choose_microversion("2.100", "2.95"))

    def test_of_an_older_cloud_are_its_newest(self):
        self.assertEqual("2.79", clients.choose_microversion("2.79", "2.95"))


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
    def test_are_told_by_the_host_that_nova_knows(self):
        providers = [{"uuid": "p1", "name": "c1.example.org", "root_provider_uuid": "p1"}]
        nodes = [{"hypervisor_hostname": "c1.example.org", "service": {"host": "c1"}}]
        hosts = data.provider_hosts(providers, nodes)
        body = {"allocations": {"p1": {"resources": {"VCPU": 1, "MEMORY_MB": 128}}}}
        expected = {"c1": {"VCPU": 1, "MEMORY_MB": 128}}
        self.assertEqual(expected, data.allocations(body, hosts))

    def test_of_a_nested_provider_count_for_its_host(self):
        providers = [
            {"uuid": "p1", "name": "node1", "root_provider_uuid": "p1"},
            {"uuid": "p2", "name": "node1_gpu", "root_provider_uuid": "p1"},
        ]
        nodes = [{"hypervisor_hostname": "node1", "service": {"host": "c1"}}]
        hosts = data.provider_hosts(providers, nodes)
        body = {
            "allocations": {
                "p1": {"resources": {"VCPU": 1}},
                "p2": {"resources": {"VGPU": 1}},
            }
        }
        self.assertEqual({"c1": {"VCPU": 1, "VGPU": 1}}, data.allocations(body, hosts))


class AFlavor(unittest.TestCase):
    def test_is_the_same_text_whatever_the_order_and_the_links(self):
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
