# SPDX-License-Identifier: Apache-2.0
"""A cloud is emptied of all but what it had, in an order in which nothing is in the way."""

import contextlib
import io
import json
import re
import time
import unittest
import unittest.mock

import requests

from lab.cloud import clearing, inventory
from lab.cloud.waiting import WaitingError


def answer(status, body=None):
    made = requests.Response()
    made.status_code = status
    made.url = "http://cloud"
    made.request = requests.Request("GET", made.url).prepare()
    made.headers["Content-Type"] = "application/json"
    made._content = b"" if body is None else json.dumps(body).encode()
    return made


class CloudInMemory:
    """Collections by path; what is in the way of what, says `blocked`.

    :param blocked: path of a collection -> path of the one that must be empty before.
    """

    def __init__(self, **collections):
        self.things = collections
        self.blocked = {}
        self.stuck = {}
        self.refused = set()
        self.asked = []
        for name in ("compute", "network", "block_storage", "image", "identity", "placement"):
            setattr(self, name, self)

    def request(self, path, method, json=None, **_):
        self.asked.append((method, path))
        route = path.partition("?")[0].strip("/").split("/")
        key = route[0].replace("-", "_")
        if method == "GET" and len(route) == 1:
            name = {"types": "volume_types"}.get(key, key.removeprefix("os_"))
            return answer(200, {name: self.things.get(key, [])})
        if method == "DELETE":
            return self._delete(key, route[1])
        if method in ("POST", "PUT"):
            self.stuck.pop(route[1], None)
            self.refused.discard(route[1])
            return answer(200, {})
        return answer(404)

    def _delete(self, key, name):
        if self.things.get(self.blocked.get(key)):
            return answer(409, {"error": {"message": f"{key} in use"}})
        if name in self.refused:
            return answer(400, {"error": {"message": f"{name} is attached"}})
        if name in self.stuck:
            return answer(202)
        left = [item for item in self.things[key] if str(item["id"]) != name]
        found = len(left) < len(self.things[key])
        self.things[key] = left
        return answer(204 if found else 404)


def things(*names):
    return [{"id": name, "name": name, "hosts": []} for name in names]


class ClearingTest(unittest.TestCase):
    def clear(self, cloud, *kinds, kept=None, seconds=5):
        made = clearing.Clearing(cloud, kept or {}, time.monotonic() + seconds)
        with contextlib.redirect_stderr(io.StringIO()):
            made.in_order(*kinds)
        return made

    def test_all_goes_but_what_is_kept(self):
        cloud = CloudInMemory(flavors=things("m.shared", "big", "huge"))
        made = self.clear(cloud, inventory.FLAVORS, kept={"flavors": ["m.shared"]})
        self.assertEqual(["m.shared"], [item["id"] for item in cloud.things["flavors"]])
        self.assertEqual({"flavors": 2}, made.removed)

    def test_an_empty_cloud_is_left_alone(self):
        cloud = CloudInMemory()
        self.assertEqual({}, self.clear(cloud, inventory.SERVERS, inventory.VOLUMES).removed)
        self.assertEqual({"GET"}, {method for method, _ in cloud.asked})

    def test_numbers_of_aggregates_are_known_again(self):
        cloud = CloudInMemory(os_aggregates=[{"id": 1, "name": "az1", "hosts": []}])
        self.assertEqual(
            {}, self.clear(cloud, inventory.AGGREGATES, kept={"aggregates": ["1"]}).removed
        )

    def test_what_is_in_use_is_asked_again_and_told_when_time_is_up(self):
        cloud = CloudInMemory(networks=things("net"), ports=things("port"))
        cloud.blocked = {"networks": "ports"}
        with self.assertRaisesRegex(WaitingError, "networks that do not go: net; .*in use"):
            self.clear(cloud, inventory.NETWORKS, seconds=0.3)
        cloud.things["ports"] = []
        self.assertEqual({"networks": 1}, self.clear(cloud, inventory.NETWORKS).removed)

    def test_a_server_that_does_not_go_has_its_state_reset(self):
        cloud = CloudInMemory(servers=things("one"))
        cloud.stuck = {"one": True}
        with unittest.mock.patch.object(clearing, "AGAIN", 0.1):
            self.clear(cloud, inventory.SERVERS)
        self.assertEqual([], cloud.things["servers"])
        self.assertIn(("POST", "/servers/one/action"), cloud.asked)

    def test_a_volume_whose_deletion_is_refused_each_time_is_detached_by_force(self):
        cloud = CloudInMemory(volumes=things("leaked"))
        cloud.refused = {"leaked"}
        with unittest.mock.patch.object(clearing, "AGAIN", 0.1):
            self.clear(cloud, inventory.VOLUMES)
        self.assertEqual([], cloud.things["volumes"])

    def test_ports_of_routers_and_networks_go_with_these(self):
        own = {"id": "own", "name": "", "device_owner": "compute:az1"}
        routers = {"id": "gateway", "name": "", "device_owner": "network:router_gateway"}
        cloud = CloudInMemory(ports=[own, routers])
        self.clear(cloud, inventory.PORTS)
        self.assertEqual([routers], cloud.things["ports"])


class ServingTest(unittest.TestCase):
    SERVICE = {  # noqa: RUF012
        "id": "1", "host": "compute1", "state": "up", "status": "enabled", "forced_down": False,
    }  # fmt: skip

    def look(self, cloud=None, **changed):
        said = io.StringIO()
        with contextlib.redirect_stdout(said):
            missing = clearing._serve(cloud or CloudInMemory(), {**self.SERVICE, **changed}, set())
        return missing, said.getvalue()

    def test_a_service_that_serves_is_left_alone(self):
        self.assertEqual(([], ""), self.look())

    def test_a_service_that_is_down_is_waited_for(self):
        self.assertEqual((["nova-compute of compute1 is not up"], ""), self.look(state="down"))

    def test_a_disabled_service_is_enabled(self):
        cloud = CloudInMemory()
        self.assertEqual(["compute1 is disabled"], self.look(cloud, status="disabled")[0])
        self.assertEqual([("PUT", "/os-services/1")], cloud.asked)

    def test_one_that_may_not_come_back_before_it_has_cleaned_up_is_restarted(self):
        cloud = CloudInMemory()
        cloud.request = lambda *_, **__: answer(400, {"badRequest": {"message": "evacuations"}})
        missing, said = self.look(cloud, forced_down=True)
        self.assertIn("evacuations", missing[0])
        self.assertEqual({"request": {"restart": "compute1"}}, json.loads(said))


class NotingTest(unittest.TestCase):
    def test_everything_a_fresh_cloud_has_is_noted_by_kind(self):
        cloud = CloudInMemory(flavors=things("m.shared"), networks=things("public"))
        noted = inventory.note(cloud)
        self.assertEqual(["m.shared"], noted["flavors"])
        self.assertEqual(["public"], noted["networks"])
        self.assertEqual([], noted["users"])

    def test_every_kind_has_a_name_of_its_own(self):
        kinds = [each for each in vars(inventory).values() if isinstance(each, inventory.Kind)]
        names = [kind.name for kind in kinds]
        self.assertEqual(sorted(set(names)), sorted(names))
        self.assertTrue(all(re.fullmatch("[a-z ]+", name) for name in names))


if __name__ == "__main__":
    unittest.main()
