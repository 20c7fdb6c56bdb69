# SPDX-License-Identifier: Apache-2.0
"""What is gathered of a cloud before a scenario is placed; nothing of it is changed."""

from __future__ import annotations

import tempfile
import unittest

from migration_tests.cloud.errors import CloudError
from migration_tests.cloud.flavors import SCOPE
from migration_tests.cloud.questions import Cloud
from migration_tests.record.words import EPHEMERAL, SHARED, VOLUME
from migration_tests.runner import facts
from migration_tests.tests.unit.fake_api import refusal
from migration_tests.tests.unit.fake_cloud import FakeCloud
from migration_tests.tests.unit.fake_hosts import host, inventory


class Gathering(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.fake = FakeCloud(folder.name)

    def gather(self, *kinds, **more):
        asked = Cloud(self.fake.manager())
        known = {kind: kind for kind in kinds}
        return facts.gather(asked, inventory(host("c1")), known, "2.95", **more)

    def test_finds_which_usable_hosts_take_which_flavor(self):
        self.fake.specs[SHARED] = {f"{SCOPE}disk": "ceph"}
        self.fake.aggregates = [{"name": "a", "hosts": ["c1", "c2"], "metadata": {"disk": "ceph"}}]
        self.fake.services["c1"]["status"] = "disabled"
        found = self.gather(SHARED, VOLUME)
        self.assertEqual({SHARED: ("c2",), VOLUME: ("c2", "c3")}, found.takers)

    def test_knows_only_the_kinds_that_are_tested(self):
        self.assertEqual({EPHEMERAL}, set(self.gather(EPHEMERAL).flavors))

    def test_does_not_look_for_room_where_it_is_not_to(self):
        self.assertEqual({}, self.gather(SHARED, look_for_room=False).room)
        self.assertEqual(4096, self.gather(SHARED).room["c1"]["VCPU"])

    def test_finds_the_zones_of_hosts_by_their_aggregates(self):
        zone = {"availability_zone": "az1"}
        self.fake.aggregates = [
            {"name": "z", "hosts": ["c1", "c3"], "metadata": zone},
            {"name": "a", "hosts": ["c1", "c2"], "metadata": {"disk": "ceph"}},
        ]
        self.assertEqual({"c1": "az1", "c3": "az1"}, self.gather(SHARED).zones)

    def test_knows_what_the_project_may_still_have(self):
        self.fake.servers = dict.fromkeys("abc")
        found = self.gather(SHARED, owner=self.fake.manager("member"))
        self.assertEqual({"instances": 17, "ram": 50176}, found.quota)
        self.assertEqual({}, self.gather(SHARED).quota)

    def test_changes_nothing(self):
        self.gather(SHARED, VOLUME, EPHEMERAL)
        self.assertEqual([], self.fake.asked)

    def test_of_a_cloud_that_does_not_answer_fails(self):
        self.fake.broken = {"list_aggregates": refusal(503, "busy")}
        with self.assertRaises(CloudError):
            self.gather(SHARED)

    def test_counts_no_disk_for_a_server_on_a_volume(self):
        found = self.gather(SHARED, VOLUME)
        self.assertEqual({"VCPU": 1, "MEMORY_MB": 128, "DISK_GB": 1}, found.needs(SHARED))
        self.assertEqual({"VCPU": 1, "MEMORY_MB": 128}, found.needs(VOLUME))
