# SPDX-License-Identifier: Apache-2.0
"""What a cloud holds, as lines: what is more, or has another state, is another line."""

import json
import unittest

import requests

from lab.cloud import contents

EMPTY = {
    "servers": [],
    "volumes": [],
    "snapshots": [],
    "volume_types": [],
    "images": [],
    "floatingips": [],
    "routers": [],
    "ports": [],
    "networks": [],
    "security_groups": [],
    "flavors": [],
    "aggregates": [],
    "server_groups": [],
    "users": [{"id": "u1", "name": "demo", "enabled": True}],
    "projects": [{"id": "p1", "name": "demo", "enabled": True}],
    "attachments": [],
    "resource_providers": [{"uuid": "r1", "name": "compute1"}],
    "allocations": {},
    "keypairs": [],
    "services": [],
    "agents": [],
    "quota_set": {"id": "p1"},
    "quota": {},
}


class Cloud:
    """Answers every question with the same."""

    def __init__(self, **more):
        self.answer = {**EMPTY, **more}
        for name in ("compute", "network", "block_storage", "image", "identity", "placement"):
            setattr(self, name, self)

    def request(self, path, method, json=None, **_):
        assert method == "GET", f"{method} {path} changes something"
        return _answer(self.answer)


def _answer(body):
    made = requests.Response()
    made.status_code = 200
    made._content = json.dumps(body).encode()
    return made


class ContentsTest(unittest.TestCase):
    def lines(self, **more):
        return contents.contents(Cloud(**more))

    def test_of_an_empty_cloud_are_none_of_what_servers_bring(self):
        found = self.lines()
        self.assertEqual(["u1 demo enabled=true"], found["users"])
        self.assertEqual({"users", "projects"}, {kind for kind, lines in found.items() if lines})

    def test_another_state_is_another_line(self):
        server = {"id": "s1", "name": "a", "status": "ACTIVE"}
        one, other = (
            self.lines(servers=[{**server, "status": status}]) for status in ("ACTIVE", "ERROR")
        )
        self.assertEqual(['s1 a status="ACTIVE"'], one["servers"])
        self.assertNotEqual(one["servers"], other["servers"])

    def test_name_the_consumer_of_every_allocation(self):
        held = {"allocations": {"s1": {"resources": {"VCPU": 1}}}}
        self.assertEqual(['s1 on compute1 {"VCPU": 1}'], self.lines(**held)["allocations"])

    def test_name_services_that_are_disabled_or_forced_down(self):
        service = {
            "binary": "nova-compute",
            "host": "compute1",
            "status": "disabled",
            "state": "down",
            "forced_down": True,
        }
        said = self.lines(services=[service])["services"]
        self.assertIn("nova-compute compute1 disabled down forced down", said)

    def test_name_what_of_a_quota_is_used_and_reserved(self):
        used = {"instances": {"in_use": 2, "reserved": 1, "limit": 10}, "id": "p1"}
        said = self.lines(quota_set=used)["usages"]
        self.assertEqual({"demo: instances 2", "demo: instances reserved 1"}, set(said))

    def test_name_attachments_and_key_pairs(self):
        attachment = {"id": "a1", "volume_id": "v1", "instance": "s1", "status": "attached"}
        found = self.lines(attachments=[attachment], keypairs=[{"keypair": {"name": "k"}}])
        self.assertEqual(["a1 of v1 to s1 attached"], found["attachments"])
        self.assertEqual(["k of u1"], found["key pairs"])
