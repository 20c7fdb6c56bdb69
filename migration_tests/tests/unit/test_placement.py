# SPDX-License-Identifier: Apache-2.0
"""Where a scenario takes place, and every reason why it takes place nowhere."""

from __future__ import annotations

import unittest
from dataclasses import dataclass

from chaos.inventory import Service, Services
from migration_tests.cloud.flavors import Flavor
from migration_tests.record.words import (
    ACTIVE,
    BEFORE,
    BYSTANDER,
    SHARED,
    STOPPED,
    SUBJECT,
    VOLUME,
)
from migration_tests.runner import placement
from migration_tests.runner.facts import Facts
from migration_tests.runner.scenario import Scenario
from migration_tests.runner.step import Step
from migration_tests.runner.stopping import Skip
from migration_tests.runner.topology import Subject, Topology
from migration_tests.steps.check_hold import CheckHold
from migration_tests.steps.crash import Crash
from migration_tests.steps.evacuate import Evacuate
from migration_tests.steps.inject import Inject
from migration_tests.steps.inspect_hosts import InspectHosts
from migration_tests.steps.live_migrate import LiveMigrate
from migration_tests.tests.unit.fake_hosts import host, inventory, service

ROOMY = {"VCPU": 8, "MEMORY_MB": 8192, "DISK_GB": 80}
NEEDS = {"VCPU": 1, "MEMORY_MB": 128, "DISK_GB": 1}
THREE = ("c1", "c2", "c3")


@dataclass(frozen=True)
class Wants(Step):
    """A step of which a cloud may lack something."""

    name = "wants"
    doing = "wanting"
    lacking: str = ""

    def lacks(self, facts):
        return self.lacking


def facts(
    *,
    hosts=None,
    services=None,
    takers=None,
    room=None,
    api="2.95",
    kinds=(SHARED, VOLUME),
    zones=None,
    quota=None,
):
    """What is known of a cloud of three hosts that all take all."""
    listed = [service(name) for name in THREE] if services is None else services
    return Facts(
        services=tuple(listed),
        flavors={kind: Flavor(kind, f"{kind}-flavor", NEEDS, {}) for kind in kinds},
        takers={kind: (takers or {}).get(kind, THREE) for kind in kinds},
        inventory=inventory(*([host(name) for name in THREE] if hosts is None else hosts)),
        compute_version=api,
        room=room or {},
        zones=zones or {},
        quota=quota or {},
    )


BOTH = (Subject(SHARED), Subject(VOLUME))


def scenario(*steps, subjects=BOTH, **topology):
    return Scenario("s", "{source} is it", Topology(subjects=subjects, **topology), steps)


EVACUATION = scenario(Inject(via="bmc"), Evacuate())
MIGRATION = scenario(LiveMigrate())


class PlacementCase(unittest.TestCase):
    def placed(self, what=EVACUATION, rules=(), **known):
        return placement.place(what, facts(**known), rules)

    def skipped(self, reason, what=EVACUATION, rules=(), **known):
        with self.assertRaises(Skip) as raised:
            self.placed(what, rules, **known)
        self.assertIn(reason, str(raised.exception))
        return str(raised.exception)


class AScenarioThatHarmsAHost(PlacementCase):
    def test_takes_place_on_the_first_host_of_the_hosts_file_that_may_be_harmed(self):
        hosts = [host("c2", disturb=False), host("c3"), host("c1")]
        found = self.placed(hosts=hosts)
        self.assertEqual(("c3", ("c1", "c2")), (found.source, found.spares))

    def test_does_not_harm_a_host_that_the_hosts_file_does_not_name(self):
        self.skipped("the hosts file names none", hosts=[])

    def test_does_not_harm_a_host_that_may_not_be(self):
        self.skipped("c1: the hosts file does not allow", hosts=[host("c1", disturb=False)])

    def test_does_not_harm_a_host_that_cannot_be_brought_back(self):
        self.skipped("c1 has no bmc", hosts=[host("c1", bmc=False)])

    def test_does_not_harm_a_host_that_cannot_be_harmed_in_its_way(self):
        self.skipped("by command, not by redfish", scenario(Inject(via="redfish")))

    def test_does_not_harm_a_host_that_nova_does_not_know(self):
        self.skipped("c9: Nova knows no compute service on it", hosts=[host("c9")])

    def test_does_not_harm_a_host_that_is_down_disabled_or_forced_down(self):
        for broken, text in (
            ({"state": "down"}, "is down, enabled"),
            ({"status": "disabled"}, "is up, disabled"),
            ({"forced_down": True}, "is up, enabled, forced down"),
        ):
            services = [service("c1", **broken), service("c2")]
            self.skipped(f"c1: its compute service {text}", hosts=[host("c1")], services=services)

    def test_does_not_harm_a_host_that_a_rule_is_against_and_says_what_all_rules_say(self):
        rules = (lambda host: f"{host.name} is theirs.", lambda _: None, lambda _: "Full.")
        self.skipped("c1: c1 is theirs. Full.; c2: c2 is theirs. Full.", rules=rules)

    def test_asks_the_rules_only_of_hosts_that_nothing_else_is_against(self):
        asked = []
        self.placed(rules=[lambda host: asked.append(host.name)], hosts=[host("c9"), host("c2")])
        self.assertEqual(["c2"], asked)

    def test_says_of_each_host_why_not(self):
        text = self.skipped("", hosts=[host("c1", disturb=False), host("c2", bmc=False)])
        self.assertRegex(text, "^no host may be disturbed: c1: .*; c2: ")


class AScenarioThatCrashesAHost(PlacementCase):
    CRASH = scenario(Crash(), CheckHold(), Evacuate())

    def test_takes_place_on_a_host_without_a_bmc_that_restarts_by_itself(self):
        hosts = [host("c1", bmc=False), host("c2", bmc=False, restarts_by_itself=True)]
        self.assertEqual("c2", self.placed(self.CRASH, hosts=hosts).source)

    def test_does_not_crash_one_of_which_nobody_says_that_it_comes_back(self):
        said = self.skipped("c1: c1 has no bmc", self.CRASH, hosts=[host("c1", bmc=False)])
        self.assertIn("add its bmc, or restarts_by_itself: true if it does.", said)

    def test_does_not_crash_one_whose_nova_compute_cannot_be_held_back(self):
        services = Services(compute=Service("/usr/bin/nova-compute", driver="process"))
        hosts = [host("c1", services=services)]
        self.skipped("The compute service of c1 cannot be held back", self.CRASH, hosts=hosts)


class AScenarioThatHarmsNoHost(PlacementCase):
    def test_may_begin_on_a_host_that_may_not_be_disturbed_or_is_not_in_the_hosts_file(self):
        self.assertEqual("c1", self.placed(MIGRATION, hosts=[host("c1", disturb=False)]).source)
        self.assertEqual("c1", self.placed(MIGRATION, hosts=[]).source)

    def test_prefers_hosts_that_can_be_looked_at(self):
        self.assertEqual("c3", self.placed(MIGRATION, hosts=[host("c3")]).source)

    def test_is_not_asked_for_by_the_clouds_rules(self):
        self.assertEqual("c1", self.placed(MIGRATION, rules=[lambda _: "no"]).source)

    def test_still_needs_a_host_that_works(self):
        services = [service(name, status="disabled") for name in THREE]
        self.skipped("no host can be the source: c1: its compute", MIGRATION, services=services)


class WhatTheCloudLacks(PlacementCase):
    def test_for_a_step_is_said_once_before_any_host_is_looked_at(self):
        what = scenario(Wants("there is no second zone."), Wants("there is no second zone."))
        text = self.skipped("there is no second zone.", what, hosts=[])
        self.assertEqual(1, text.count("zone"))

    def test_of_the_first_storage_skips_the_scenario(self):
        self.skipped("shared storage is not tested: there is no flavor", kinds=(VOLUME,))

    def test_of_a_further_storage_leaves_its_servers_out(self):
        found = self.placed(kinds=(SHARED,))
        self.assertEqual((Subject(SHARED),), found.topology.subjects)

    def test_of_hosts_that_take_a_flavor_refuses_each_host_with_the_flavor(self):
        takers = {SHARED: ("c2", "c3"), VOLUME: ("c3",)}
        text = self.skipped("c1: it takes no servers of the flavor shared-flavor", takers=takers)
        self.assertIn("c2: it takes no servers of the flavor volume-flavor", text)
        self.assertIn("c3: only 0 other host(s) take servers on shared and volume", text)

    def test_of_spare_hosts_is_said_with_how_many_are_needed(self):
        self.skipped("only 2 other host(s)", scenario(LiveMigrate(), spare_hosts=3))

    def test_of_a_host_for_bystanders_is_found_out_even_if_no_spare_is_wanted(self):
        what = scenario(LiveMigrate(), spare_hosts=0, bystanders=1)
        takers = {SHARED: ("c1",), VOLUME: ("c1",)}
        self.skipped("c1: only 0 other host(s)", what, takers=takers)


class Room(PlacementCase):
    BIG = (Subject(SHARED, count=2),)

    def room(self, **less):
        return {name: {**ROOMY, **less.get(name, {})} for name in THREE}

    def test_is_not_looked_at_if_it_is_not_known(self):
        self.assertEqual("c1", self.placed(room={}).source)

    def test_is_needed_on_the_source_for_all_its_servers(self):
        what = scenario(LiveMigrate(), subjects=self.BIG)
        self.assertEqual("c2", self.placed(what, room=self.room(c1={"VCPU": 1})).source)
        small = self.room(c1={"VCPU": 1}, c2={"VCPU": 1}, c3={"VCPU": 1})
        self.skipped("c1: it has no room for 2 servers", what, room=small)

    def test_is_needed_on_the_others_for_what_leaves_the_source(self):
        what = scenario(LiveMigrate(), subjects=self.BIG)
        room = self.room(c1={}, c2={"VCPU": 1}, c3={"VCPU": 0})
        self.skipped("c1: the other hosts have no room for the 2 servers", what, room=room)

    def test_for_a_volume_is_without_its_disk(self):
        what = scenario(LiveMigrate(), subjects=(Subject(VOLUME),))
        self.assertEqual("c1", self.placed(what, room=self.room(c2={"DISK_GB": 0})).source)
        none = {name: {"DISK_GB": 0} for name in THREE}
        self.assertEqual("c1", self.placed(what, room=self.room(**none)).source)

    def test_on_a_host_that_takes_no_such_servers_is_none(self):
        what = scenario(LiveMigrate(), subjects=self.BIG)
        room = self.room(c2={"VCPU": 1})
        takers = {SHARED: ("c1", "c2")}
        self.skipped("c1: the other hosts have no room", what, takers=takers, room=room)

    def test_for_each_kind_of_server_is_looked_for_where_that_kind_can_go(self):
        what = scenario(LiveMigrate())
        takers = {SHARED: ("c1", "c2"), VOLUME: THREE}
        room = self.room(c2={"VCPU": 1})
        self.assertEqual("c1", self.placed(what, takers=takers, room=room).source)

    def test_for_bystanders_decides_on_which_spare_host_they_are(self):
        what = scenario(LiveMigrate(), subjects=self.BIG, bystanders=1)
        found = self.placed(what, room=self.room(c2={"VCPU": 0}))
        self.assertEqual(("c1", ("c3", "c2")), (found.source, found.spares))
        room = self.room(c1={"VCPU": 2}, c2={"VCPU": 2}, c3={"VCPU": 0})
        self.skipped("c1: the other hosts have no room for the 3 servers", what, room=room)

    def test_is_looked_for_without_spare_hosts_if_none_are_wanted(self):
        what = scenario(LiveMigrate(), spare_hosts=0, subjects=(Subject(SHARED, count=0),))
        found = self.placed(what, takers={SHARED: ("c1",)}, room=self.room())
        self.assertEqual(("c1", ()), (found.source, found.spares))

    def test_on_a_host_that_is_down_is_none(self):
        services = [service("c1"), service("c2"), service("c3", state="down")]
        room = self.room(c2={"VCPU": 1})
        what = scenario(LiveMigrate(), subjects=self.BIG)
        self.skipped("c1: the other hosts have no room", what, services=services, room=room)


class AZone(PlacementCase):
    ONE_INSIDE = {"c1": "az1", "c2": "az2", "c3": "az1"}  # noqa: RUF012

    def test_is_that_of_the_source_if_another_host_is_in_it_and_that_comes_first(self):
        found = self.placed(zones=self.ONE_INSIDE)
        self.assertEqual({SHARED: "az1", VOLUME: "az1"}, found.zones)
        self.assertEqual(("c3", "c2"), found.spares)

    def test_is_none_where_no_other_host_is_in_it(self):
        found = self.placed(zones={"c1": "az1", "c2": "az2", "c3": "az2"})
        self.assertEqual(({}, ("c2", "c3")), (found.zones, found.spares))

    def test_is_none_where_the_source_is_in_none(self):
        self.assertEqual({}, self.placed(zones={"c2": "az2", "c3": "az2"}).zones)
        self.assertEqual({}, self.placed().zones)

    def test_is_none_where_the_hosts_in_it_have_no_room_for_what_leaves_and_what_stays(self):
        needs = facts().needs(SHARED)
        two, three = ({kind: amount * n for kind, amount in needs.items()} for n in (2, 3))
        for bystanders, free, zone in ((0, two, "az1"), (1, two, None), (1, three, "az1")):
            what = scenario(Inject(via="bmc"), Evacuate(), bystanders=bystanders)
            room = {"c1": ROOMY, "c2": ROOMY, "c3": free}
            found = self.placed(what, room=room, zones=self.ONE_INSIDE)
            self.assertEqual(zone, found.zones.get(SHARED), (bystanders, free))

    def test_is_planned_for_those_that_are_moved_only(self):
        what = scenario(Inject(via="bmc"), Evacuate(), bystanders=1)
        known = facts(zones=self.ONE_INSIDE)
        plan = placement.plan(what, placement.place(what, known), known, {})
        self.assertEqual(["az1", "az1", None], [one.zone for one in plan.servers])
        self.assertEqual(["c3"], [host for one in plan.servers[:1] for host in one.targets])


class APlan(PlacementCase):
    def plan(self, what=EVACUATION, limits=None, **known):
        known = facts(**known)
        return placement.plan(what, placement.place(what, known), known, limits or {})

    def test_names_hosts_phases_limits_and_versions(self):
        found = self.plan(limits={"gap": 1.0}, hosts=[host("c2"), host("c1")])
        self.assertEqual("c2 is it", found.title)
        self.assertEqual(("c2",), found.sources)
        self.assertEqual(["inject", "evacuate"], [phase.name for phase in found.phases])
        looked_at = (found.hosts_looked_at, found.hosts_not_looked_at)
        self.assertEqual((("c2", "c1"), ("c3",)), looked_at)
        self.assertEqual(({"gap": 1.0}, "2.95"), (found.limits, found.compute_version))

    def test_has_each_server_where_it_belongs_with_what_is_expected_of_it(self):
        what = scenario(Inject(via="bmc"), Evacuate(), bystanders=1)
        subject, volume, bystander = self.plan(what).servers
        self.assertEqual((SUBJECT, "c1", SHARED), (subject.role, subject.host, subject.storage))
        self.assertEqual([STOPPED], [one.end for one in subject.expected])
        self.assertEqual(VOLUME, volume.storage)
        found = (bystander.role, bystander.host, bystander.expected)
        self.assertEqual((BYSTANDER, "c2", ()), found)

    def test_expects_what_the_used_version_promises(self):
        (subject, _) = self.plan(api="2.94").servers
        self.assertEqual([ACTIVE], [one.end for one in subject.expected])

    def test_leaves_out_servers_of_storage_that_the_cloud_lacks(self):
        (subject,) = self.plan(kinds=(SHARED,)).servers
        self.assertEqual(SHARED, subject.storage)

    def test_does_not_promise_evidence_that_cannot_be_had(self):
        what = scenario(InspectHosts(BEFORE))
        known = facts()
        placed = placement.place(what, known)
        (all_of_it,) = placement.plan(what, placed, known, {}).phases
        (less,) = placement.plan(what, placed, known, {}, ("host.inspected:disks",)).phases
        self.assertEqual({"host.inspected:disks"}, {*all_of_it.produces} - {*less.produces})

    def test_of_a_declaration_is_that_of_a_cloud_that_has_everything(self):
        found = placement.declared(EVACUATION, "2.95")
        self.assertEqual([SHARED, VOLUME], [one.storage for one in found.servers])
        self.assertEqual("a host is it", found.title)


class AZoneThatIsWanted(PlacementCase):
    WANTED = scenario(LiveMigrate(), zoned=True)

    def test_must_have_another_host(self):
        zones = {"c1": "az1", "c2": "az2", "c3": "az2"}
        found = self.placed(self.WANTED, zones=zones)
        self.assertEqual(("c2", {SHARED: "az2", VOLUME: "az2"}), (found.source, found.zones))
        zones = {"c1": "az1", "c2": "az2", "c3": "az3"}
        reason = "c2: the other hosts of its availability zone, az2, are too few or have no room"
        self.assertIn("c3: the other hosts", self.skipped(reason, self.WANTED, zones=zones))

    def test_is_missed_where_there_is_none(self):
        self.skipped("c1: it is in no availability zone of its own", self.WANTED)

    def test_that_is_not_wanted_binds_nothing(self):
        what = scenario(LiveMigrate(), zoned=False)
        self.assertEqual({}, self.placed(what, zones=dict.fromkeys(THREE, "az1")).zones)


class AQuota(PlacementCase):
    def test_must_leave_room_for_all_servers(self):
        what = scenario(LiveMigrate(), subjects=(Subject(SHARED, count=2),), bystanders=1)
        self.assertEqual("c1", self.placed(what, quota={"instances": 3, "ram": 384}).source)
        self.skipped(
            "The project's quota leaves 2 instances, the 3 servers need 3: raise it with "
            "'openstack quota set --instances'. The project's quota leaves 383 ram, the 3 servers "
            "need 384: raise it with 'openstack quota set --ram'.",
            what,
            quota={"instances": 2, "cores": 3, "ram": 383},
        )

    def test_that_is_used_up_is_said(self):
        self.skipped("leaves 0 cores", quota={"cores": 0})
