# SPDX-License-Identifier: Apache-2.0
"""Images of servers and their copies: where they can be made, and that nothing is left of them."""

from __future__ import annotations

from chaos.deadline import Deadline
from migration_tests.cloud import data
from migration_tests.record.words import EPHEMERAL, SHARED, VOLUME
from migration_tests.runner import placement
from migration_tests.runner.topology import Subject
from migration_tests.scenarios.snapshot_to_another_zone import SNAPSHOT_TO_ANOTHER_ZONE
from migration_tests.steps.boot_copies import BootCopies
from migration_tests.steps.make_images import MakeImages
from migration_tests.tests.unit.fake_api import refusal
from migration_tests.tests.unit.test_cloud import CloudCase
from migration_tests.tests.unit.test_placement import NEEDS, PlacementCase, facts, scenario
from migration_tests.tests.unit.test_whole_scenarios import WholeCase

TWO_ZONES = {"c1": "az1", "c2": "az2", "c3": "az1"}


class ACopysZone(PlacementCase):
    WHAT = scenario(MakeImages(), BootCopies(), subjects=(Subject(SHARED), Subject(VOLUME)))

    def test_is_another_than_the_servers_own_and_its_hosts_take_such_servers(self):
        known = facts(zones=TWO_ZONES)
        found = placement.place(self.WHAT, known)
        self.assertEqual("c1", found.source)
        self.assertEqual({SHARED: "az2", VOLUME: "az2"}, found.other_zones)
        planned = placement.plan(self.WHAT, found, known, {}).servers
        self.assertEqual(["az2", "az2"], [one.other_zone for one in planned])
        self.assertEqual([("c2",), ("c2",)], [one.targets for one in planned])

    def test_is_not_to_be_had_in_a_cloud_with_one_zone_and_that_is_said(self):
        one_zone = dict.fromkeys(("c1", "c2", "c3"), "az1")
        self.skipped("in one availability zone only, that is az1", self.WHAT, zones=one_zone)
        self.skipped("in one availability zone only, and that has no name", self.WHAT)

    def test_is_not_to_be_had_for_servers_whose_hosts_are_all_in_one(self):
        takers = {VOLUME: ("c1", "c3")}
        found = self.placed(self.WHAT, zones=TWO_ZONES, takers=takers)
        self.assertEqual((Subject(SHARED),), found.topology.subjects)

    def test_must_have_room_for_the_copies(self):
        room = {"c1": dict.fromkeys(NEEDS, 9999), "c3": dict.fromkeys(NEEDS, 9999), "c2": {}}
        self.skipped(
            "no availability zone but that of c1 has room", self.WHAT, zones=TWO_ZONES, room=room
        )

    def test_is_planned_for_no_scenario_without_copies(self):
        self.assertEqual({}, self.placed(zones=TWO_ZONES).other_zones)


class AnImage(CloudCase):
    def test_tells_its_state_its_size_and_its_snapshots(self):
        mapping = '[{"snapshot_id": "s2"}, {"snapshot_id": "s1"}, {"image_id": "i"}]'
        body = {"id": "i", "status": "active", "size": 0, "block_device_mapping": mapping}
        self.assertEqual(data.ImageState("i", "active", 0, ("s1", "s2")), data.image(body))
        self.assertEqual(
            data.ImageState("i", "queued", None), data.image({"id": "i", "status": "queued"})
        )

    def test_that_is_gone_is_none(self):
        self.assertIsNone(self.cloud.image("gone"))

    def test_is_noted_with_its_undo_before_it_is_asked_for_and_deleted_by_its_name(self):
        server = self.server()
        self.changes.create_image(server, "n", volumes=False)
        noted = [one for one in self.noted if one[0] == "create image"]
        self.assertEqual(
            [("create image", "delete image", {"server": server, "name": "n"})], noted
        )
        self.assertEqual(["n"], [one["name"] for one in self.fake.images.values()])
        self.assertEqual(self.changes.image("n"), next(iter(self.fake.images)))
        self.assertEqual(1, len(self.changes.delete_images()))
        self.assertEqual(({}, [], ()), (
            self.fake.images, self.changes.delete_images(), self.changes.images,
        ))

    def test_whose_answer_was_lost_is_found_by_its_name(self):
        self.changes.create_image(self.server(), "n", volumes=False)
        self.changes._images["n"].image = ""
        self.changes.delete_images()
        self.assertEqual({}, self.fake.images)

    def test_that_cannot_be_deleted_is_named(self):
        self.changes.create_image(self.server(), "n", volumes=False)
        self.fake.broken["delete_image"] = refusal(409, "in use")
        self.assertIn("in use", " ".join(self.changes.delete_images()))
        self.fake.broken["list_images"] = refusal(500, "broken")
        self.assertIn("broken", " ".join(self.changes.delete_images()))
        self.assertEqual(("n",), self.changes.images)


class TheWholeScenario(WholeCase):
    def test_leaves_nothing_behind(self):
        self.zones(**TWO_ZONES)
        context = self.context(SNAPSHOT_TO_ANOTHER_ZONE)
        self.run_on(SNAPSHOT_TO_ANOTHER_ZONE, context)
        self.assertEqual((3, 1), (len(self.cloud.images), len(self.cloud.snapshots)))
        self.assertEqual(6, len(self.cloud.servers))
        self.assertEqual([], context.servers.delete_all(Deadline.after(10)))
        left = (self.cloud.servers, self.cloud.images, self.cloud.snapshots, self.cloud.floating)
        self.assertEqual(({}, {}, {}, {}), left)

    def test_asks_for_each_copy_from_its_image_in_the_other_zone_and_for_no_host(self):
        self.zones(**TWO_ZONES)
        self.run_scenario(SNAPSHOT_TO_ANOTHER_ZONE)
        copies = [
            values
            for _, method, _, values in self.cloud.asked
            if method == "create_server" and values["name"].endswith("-copy")
        ]
        self.assertEqual(sorted(self.cloud.images), sorted(one["imageRef"] for one in copies))
        for one in copies:
            self.assertEqual("az2", one["availability_zone"])
            self.assertNotIn("host", one)
            self.assertNotIn("block_device_mapping_v2", one)
        self.assertEqual({SHARED, VOLUME, EPHEMERAL}, {one["flavorRef"] for one in copies})
