# SPDX-License-Identifier: Apache-2.0
"""The servers of a scenario: made, awaited by looks that came after, reached, deleted."""

from __future__ import annotations

import base64
import unittest
from dataclasses import replace

from chaos.deadline import Deadline
from migration_tests.record.words import (
    ACTIVE,
    BEFORE,
    CONFIG_DRIVE,
    SERVER_GROUP,
    SHARED,
    VOLUME,
)
from migration_tests.runner.scenario import Scenario
from migration_tests.runner.servers import at_once
from migration_tests.runner.stopping import Stop
from migration_tests.runner.topology import Subject, Topology
from migration_tests.steps.evacuate import Evacuate
from migration_tests.tests.unit.fake_api import refusal
from migration_tests.tests.unit.scenario_case import ScenarioCase

TWO = Topology(subjects=(Subject(SHARED), Subject(VOLUME)), bystanders=1)


class ServersCase(ScenarioCase):
    topology = TWO

    def make(self, **how):
        """All servers of the plan, as the watch sees them after one look."""
        scenario = Scenario("one", "t", self.topology, (Evacuate(),))
        self.ctx = self.context(scenario, **how)
        self.servers = self.ctx.servers
        for planned in self.ctx.plan.servers:
            self.servers.create(planned)
        return self.servers

    def wait(self, status=ACTIVE, seconds=5.0, servers=None):
        chosen = self.servers.all if servers is None else servers
        return self.servers.wait_for_status(chosen, status, Deadline.after(seconds))


class Making(ServersCase):
    def test_puts_each_server_on_the_record_with_what_is_expected_of_it(self):
        self.make()
        seen = self.events("server.introduced")
        self.assertEqual([one.server for one in self.servers.all], [one.server for one in seen])
        self.assertEqual([1, 1, 0], [len(one.expected) for one in seen])
        self.assertEqual("chaos-shared-subject-1", seen[0].name)

    def test_asks_for_a_volume_only_where_the_server_is_to_boot_from_one(self):
        self.make()
        asked = [values for _, method, _, values in self.cloud.asked if method == "create_server"]
        self.assertEqual(
            [("image", False), (None, True), ("image", False)],
            [(one.get("imageRef"), "block_device_mapping_v2" in one) for one in asked],
        )
        (disk,) = asked[1]["block_device_mapping_v2"]
        self.assertNotIn("volume_type", disk)
        self.assertTrue(disk["delete_on_termination"])

    def asked(self):
        return [values for _, method, _, values in self.cloud.asked if method == "create_server"]

    def test_gives_each_server_something_to_lose_that_no_other_has(self):
        self.make()
        for field in ("metadata", "tags", "description", "user_data"):
            given = [str(values[field]) for values in self.asked()]
            self.assertEqual(3, len(set(given)), field)
            self.assertTrue(all(given), field)
        for values in self.asked():
            text = base64.b64decode(values["user_data"]).decode()
            self.assertRegex(text, r"^#cloud-config\n\{\}\n# migration-chaos: chaos-.*\n$")
            self.assertEqual(("key", [{"name": "group"}]), (
                values["key_name"], values["security_groups"]
            ))  # fmt: skip

    def test_gives_a_config_drive_and_a_zone_only_where_they_are_planned(self):
        self.topology = Topology(subjects=(Subject(SHARED, config_drive=True), Subject(SHARED)))
        self.make()
        drives = [values.get("config_drive") for values in self.asked()]
        self.assertEqual([True, None], drives)
        self.assertNotIn("availability_zone", self.asked()[0])
        self.servers.create(replace(self.ctx.plan.servers[0], zone="az1"))
        self.assertEqual("az1", self.asked()[-1]["availability_zone"])
        seen = self.events("server.introduced")
        self.assertEqual([None, None, "az1"], [one.zone for one in seen])
        self.assertEqual([True, False], [CONFIG_DRIVE in one.given for one in seen][:2])

    def test_puts_as_many_into_the_server_group_as_it_takes(self):
        self.make(group_places=2)
        groups = [values.get("scheduler_hints") for values in self.asked()]
        self.assertEqual([{"group": "id-of-group"}] * 2 + [None], groups)
        given = [SERVER_GROUP in one.given for one in self.events("server.introduced")]
        self.assertEqual([True, True, False], given)

    def test_does_without_a_server_group_where_there_is_none(self):
        self.make(group_places=0)
        self.assertEqual([None] * 3, [one.get("scheduler_hints") for one in self.asked()])

    def test_tells_subjects_from_bystanders(self):
        self.make()
        self.assertEqual((2, 1), (len(self.servers.subjects), len(self.servers.bystanders)))
        self.assertEqual(self.servers.ids, frozenset(self.cloud.servers))


class WaitingForAStatus(ServersCase):
    def test_ends_when_all_have_it(self):
        self.make()
        self.ctx.watch.start()
        self.assertEqual(self.servers.all, self.wait())

    def test_ends_when_those_that_have_it_not_have_failed(self):
        self.make()
        failed = self.servers.all[1]
        self.cloud.coming[failed.server] = [lambda: self.cloud.runs(failed.server, "ERROR")]
        self.ctx.watch.start()
        found = self.wait(seconds=20)
        self.assertEqual([self.servers.all[0], self.servers.all[2]], found)
        self.assertIn("is ERROR: No valid host", self.servers.describe(failed))

    def test_takes_no_server_at_work_for_one_that_has_arrived(self):
        self.make()
        one = self.servers.all[0].server
        self.cloud.coming[one] = []
        self.cloud.servers[one] |= {"status": "ACTIVE", "OS-EXT-STS:task_state": "powering-off"}
        self.ctx.watch.start()
        self.assertEqual(self.servers.all[1:], self.wait(seconds=0.3))

    def test_does_not_go_by_a_look_from_before_though_no_other_comes(self):
        self.make()
        self.ctx.watch.look()
        self.assertEqual(ACTIVE, self.servers.status(self.servers.all[0]))
        # The watch does not run: nothing is seen of what was asked for since.
        self.assertEqual([], self.wait(seconds=0.05))

    def test_of_no_servers_is_over(self):
        self.make()
        self.ctx.watch.start()
        self.assertEqual([], self.wait(servers=[]))


class WaitingForPorts(ServersCase):
    def ports(self, seconds=5.0):
        self.ctx.watch.start()
        self.wait()
        return self.servers.wait_for_ports(self.servers.all, Deadline.after(seconds))

    def test_ends_when_all_are_up_where_their_servers_are(self):
        self.make()
        self.assertTrue(self.ports())

    def test_ends_with_the_deadline_if_one_is_not_bound(self):
        self.make(binds_ports=False)
        self.assertFalse(self.ports(0.2))

    def test_does_not_take_a_server_without_any_port_for_one_with_good_ports(self):
        self.make()
        self.cloud.list_ports = lambda device_id: {"ports": []}
        self.assertFalse(self.ports(0.2))


class Reaching(ServersCase):
    def test_gives_each_server_a_floating_ip_of_its_own(self):
        self.make()
        self.servers.give_addresses()
        self.assertEqual(3, len({one.address for one in self.servers.all}))

    def test_goes_to_the_fixed_address_where_no_floating_ones_are_wanted(self):
        self.make()
        settings = replace(self.ctx.settings.servers, public_network=None)
        self.servers._settings = settings
        self.servers.give_addresses()
        self.assertEqual("10.0.0.1", self.servers.all[0].address)
        self.assertEqual({}, self.cloud.floating)

    def test_of_a_server_without_a_port_stops_the_scenario_with_its_name(self):
        self.make()
        self.cloud.list_ports = lambda device_id: {"ports": []}
        with self.assertRaisesRegex(Stop, "shared-subject-1 has no port with an IP"):
            self.servers.give_addresses()

    def test_records_of_each_login_how_it_went(self):
        self.make()
        self.ctx.watch.start()
        self.wait()
        self.servers.give_addresses()
        silent = self.servers.all[1].server
        self.cloud.silent.add(silent)
        found = self.servers.log_in(self.servers.all, BEFORE, Deadline.after(5))
        self.assertNotIn(silent, found)
        seen = {one.server: one for one in self.events("server.ssh")}
        self.assertEqual({silent}, {one for one, ssh in seen.items() if not ssh.answered})
        self.assertIn("does not let us in", seen[silent].error)
        self.assertIsNone(seen[silent].boot_id)
        self.assertRegex(seen[self.servers.all[0].server].boot_id, "^[0-9a-f-]{36}$")


class Deleting(ServersCase):
    def delete(self, seconds=5.0):
        return self.servers.delete_all(Deadline.after(seconds))

    def test_leaves_nothing(self):
        self.make()
        self.servers.give_addresses()
        self.assertEqual([], self.delete())
        self.assertEqual(({}, {}), (self.cloud.servers, self.cloud.floating))

    def test_says_what_is_left(self):
        self.make()
        self.cloud.broken = {"delete_server": refusal(500, "broken")}
        left = self.delete(0)
        self.assertEqual(3, sum("still there" in one for one in left))
        self.assertEqual(3, sum("the deletion of server" in one for one in left))

    def test_says_that_nobody_knows_when_the_list_cannot_be_read(self):
        self.make()
        self.cloud.broken = {"list_servers": refusal(500, "broken")}
        self.assertEqual(3, len(self.delete(0)))

    def test_finds_a_server_whose_creation_was_not_answered(self):
        self.make()
        lost = self.cloud.create_server(name="chaos-lost", flavorRef=SHARED)["server"]["id"]
        self.cloud.create_server(name="chaosless", flavorRef=SHARED)
        self.assertNotIn(lost, self.servers.ids)
        self.assertEqual([], self.delete())
        self.assertEqual(["chaosless"], [one["name"] for one in self.cloud.servers.values()])


class AtOnce(unittest.TestCase):
    def test_gives_each_thing_with_its_result_in_their_order(self):
        self.assertEqual([(2, 4), (1, 1)], at_once(lambda number: number**2, [2, 1]))

    def test_raises_the_first_failure_after_all_have_been_tried(self):
        done = []

        def work(number):
            done.append(number)
            if number == 1:
                raise ValueError("one")

        with self.assertRaises(ValueError):
            at_once(work, [1, 2, 3], workers=1)
        self.assertEqual([1, 2, 3], done)
