# SPDX-License-Identifier: Apache-2.0
"""Every scenario run whole on the cloud in memory, and what the judges say of its record."""

from __future__ import annotations

import dataclasses
from unittest import mock

from chaos.deadline import Deadline
from migration_tests import judges
from migration_tests.observers.hypervisor import HostCommands
from migration_tests.record.verdicts import FAIL, PASS, SKIP, UNKNOWN
from migration_tests.scenarios.registry import all_scenarios
from migration_tests.tests.unit import scenario_case
from migration_tests.tests.unit.scenario_case import TIMES, ScenarioCase

SCENARIOS = {one.name: one for one in all_scenarios()}


class WholeCase(ScenarioCase):
    def judged(self, name, **how):
        self.run_scenario(SCENARIOS[name], **how)
        return judges.judge(self.lines(), name)

    def zones(self, **zones):
        """Put the hosts of the cloud that is made next into availability zones."""
        made = scenario_case.FakeCloud

        def with_zones(*args, **how):
            cloud = made(*args, **how)
            cloud.aggregates = [
                {"name": zone, "hosts": [host], "metadata": {"availability_zone": zone}}
                for host, zone in zones.items()
            ]
            return cloud

        patch = mock.patch.object(scenario_case, "FakeCloud", with_zones)
        patch.start()
        self.addCleanup(patch.stop)

    def outcomes(self, verdicts, outcome):
        return {one.judge: one.reason for one in verdicts if one.outcome == outcome}


class ACloudThatKeepsItsPromises(WholeCase):
    def passes(self, name, **how):
        verdicts = self.judged(name, **how)
        self.assertEqual({}, self.outcomes(verdicts, FAIL))
        self.assertEqual({}, self.outcomes(verdicts, UNKNOWN))
        skipped = {reason.partition(":")[0] for reason in self.outcomes(verdicts, SKIP).values()}
        self.assertLessEqual(skipped, {"not applicable"})
        self.assertTrue(self.outcomes(verdicts, PASS))
        self.assertEqual([], self.events("scenario.stopped") + self.events("harness.error"))
        return verdicts

    def test_passes_every_scenario_whole(self):
        for name, scenario in SCENARIOS.items():
            with self.subTest(name):
                self.setUp()
                if scenario.topology.zoned or scenario.copies:
                    self.zones(c1="az1", c2="az2", c3="az1")
                self.passes(name)
                self.assertEqual(set(), self.cloud.off)

    def test_finds_no_host_where_only_another_zone_has_one(self):
        self.zones(c1="az1", c2="az2", c3="az1")
        self.passes("evacuate_zone_without_room")
        closed = [one.host for one in self.events("service.request") if one.request == "disable"]
        self.assertEqual(["c1", "c3"], closed)

    def test_passes_at_an_api_that_starts_evacuated_servers_itself(self):
        self.passes("evacuate_shared", api="2.94")

    def test_passes_where_it_finds_out_by_itself_that_a_host_is_down(self):
        self.force_down = False
        self.passes("evacuate_shared")

    def test_keeps_servers_in_the_zone_that_they_were_asked_for_in(self):
        self.zones(c1="az1", c2="az2", c3="az1")
        verdicts = self.passes("evacuate_shared")
        self.assertIn("availability_zone_kept", self.outcomes(verdicts, PASS))
        hosts = {one.host for one in self.events("server.snapshot") if one.moment == "moved"}
        self.assertEqual({"c3"}, hosts)

    def test_does_not_bind_servers_to_a_zone_that_has_no_other_host(self):
        self.zones(c1="az1", c2="az2", c3="az2")
        verdicts = self.passes("evacuate_shared")
        reason = self.outcomes(verdicts, SKIP)["availability_zone_kept"]
        self.assertIn("it was asked for in no zone", reason)

    def test_keeps_all_that_servers_were_made_with(self):
        verdicts = self.passes("evacuate_ephemeral")
        passed = self.outcomes(verdicts, PASS)
        for one in ("lock_kept", "config_drive_kept", "server_group_kept", "user_data_kept"):
            self.assertIn(one, passed)

    def test_is_left_as_it_was_found(self):
        name = "evacuate_shared"
        context = self.context(SCENARIOS[name])
        self.run_on(SCENARIOS[name], context)
        services = [dict(one) for one in self.cloud.services.values()]
        states = {(one["status"], one["forced_down"]) for one in services}
        self.assertEqual({("enabled", False)}, states)
        self.assertEqual([], context.servers.delete_all(Deadline.after(5)))
        self.assertEqual(({}, {}), (self.cloud.servers, self.cloud.floating))
        self.assertEqual(({}, {}), (self.cloud.groups, self.cloud.others))

    def test_passes_where_only_processes_can_be_looked_at_but_for_what_these_cannot_tell(self):
        self.commands = HostCommands("process")
        verdicts = self.judged("evacuate_shared")
        self.assertEqual({}, self.outcomes(verdicts, FAIL))
        self.assertEqual({}, self.outcomes(verdicts, UNKNOWN))
        self.assertIn("disk_in_place", self.outcomes(verdicts, SKIP))


class ACloudThatBreaksAPromise(WholeCase):
    """Whatever is broken, one judge fails, and nothing passes that was not looked at."""

    def fails(self, judge, name="evacuate_shared", **how):
        verdicts = self.judged(name, **how)
        self.assertEqual({judge}, set(self.outcomes(verdicts, FAIL)))
        self.assertEqual("scenario.finished", self.lines()[-1].kind)
        self.assertEqual(set(), self.cloud.off)
        return verdicts

    def test_to_evacuate_fails_in_that_judge_and_has_its_host_back(self):
        verdicts = self.fails("evacuation_completed", evacuates=False)
        self.assertEqual({}, self.outcomes(verdicts, UNKNOWN))
        service = self.cloud.services["c1"]
        self.assertEqual((False, "enabled"), (service["forced_down"], service["status"]))

    def test_to_end_an_evacuation_well_fails_in_that_judge(self):
        self.fails("evacuation_completed", evacuated_fail=True)

    def test_to_start_a_server_fails_in_that_judge(self):
        self.fails("server_started", starts=False)

    def test_to_clean_up_fails_in_that_judge(self):
        self.times = dataclasses.replace(TIMES, final_state=0.5)
        self.fails("clean_up_completed", cleans_up=False)

    def test_to_keep_acknowledged_writes_fails_in_that_judge(self):
        self.fails("acknowledged_writes_present", keeps_writes=False)

    def test_to_keep_what_a_server_was_made_with_fails_in_the_judge_of_just_that(self):
        for what, judge in {
            "metadata": "metadata_kept",
            "tags": "tags_kept",
            "description": "description_kept",
            "key_name": "key_kept",
            "security_groups": "security_groups_kept",
            "server_groups": "server_group_kept",
            "config_drive": "config_drive_kept",
            "locked": "lock_kept",
            "hypervisor": "host_shown_truly",
            "hostname": "hostname_kept",
            "user_data": "user_data_kept",
        }.items():
            with self.subTest(what):
                self.setUp()
                verdicts = self.fails(judge, "evacuate_ephemeral", loses=what)
                self.assertEqual({}, self.outcomes(verdicts, UNKNOWN))

    def test_to_answer_guests_that_ask_for_their_metadata_fails_in_one_judge(self):
        self.times = dataclasses.replace(TIMES, final_state=1)
        self.fails("metadata_answers", loses="service")

    def test_to_keep_a_server_in_its_zone_fails_in_that_judge(self):
        self.zones(c1="az1", c2="az2", c3="az1")
        self.fails("availability_zone_kept", "evacuate_ephemeral", loses="zone")

    def test_to_report_a_host_that_is_back_fails_in_that_judge(self):
        self.times = dataclasses.replace(TIMES, host_boot=1)
        self.fails("host_recovered", reports_again=False)

    def test_to_live_migrate_fails_in_that_judge(self):
        for how in ({"migrations_fail": True}, {"migrates": False}):
            self.setUp()
            verdicts = self.fails("migration_completed", "live_migrate_shared", **how)
            self.assertEqual({}, self.outcomes(verdicts, UNKNOWN))
            self.assertIn("single_copy", self.outcomes(verdicts, PASS))

    def carried(self, judge, **how):
        """Break a promise of images and copies."""
        self.zones(c1="az1", c2="az2", c3="az1")
        verdicts = self.fails(judge, "snapshot_to_another_zone", **how)
        self.assertEqual({}, self.outcomes(verdicts, UNKNOWN))
        return verdicts

    def test_to_make_images_fails_in_that_judge(self):
        for how in ({"images": False}, {"images_fail": True}):
            self.setUp()
            self.carried("image_made", **how)

    def test_to_end_the_making_of_images_fails_in_that_judge(self):
        self.times = dataclasses.replace(TIMES, image=2)
        self.carried("image_made", images_end=False)

    def test_to_boot_from_an_image_fails_in_that_judge(self):
        self.carried("copy_booted", copies_run=False)

    def test_to_boot_a_copy_in_its_zone_fails_in_that_judge(self):
        self.carried("copy_in_another_zone", loses="zone")

    def test_to_put_the_servers_data_into_an_image_fails_in_that_judge(self):
        self.carried("copy_holds_writes", images_hold_data=False)

    def test_to_let_a_server_go_on_while_an_image_is_made_fails_in_that_judge(self):
        self.carried("original_went_on", images_spare_server=False)

    def test_to_rescue_fails_in_that_judge(self):
        for how in ({"rescues": False}, {"rescued_fail": True}):
            self.setUp()
            verdicts = self.fails("rescue_completed", "rescue_unrescue", **how)
            self.assertEqual({}, self.outcomes(verdicts, UNKNOWN))

    def test_to_end_a_rescue_fails_in_that_judge(self):
        self.times = dataclasses.replace(TIMES, server_boot=3)
        verdicts = self.fails("rescue_completed", "rescue_unrescue", rescues_end=False)
        self.assertEqual({}, self.outcomes(verdicts, UNKNOWN))

    def test_to_run_a_rescue_system_at_all_fails_in_that_judge(self):
        verdicts = self.fails("rescue_answers", "rescue_unrescue", rescues_on_own_disk=True)
        reason = self.outcomes(verdicts, FAIL)["rescue_answers"]
        self.assertIn("runs on the server's own disk", reason)

    def test_to_give_a_rescue_system_the_servers_disk_fails_in_that_judge(self):
        verdicts = self.fails("rescue_disk_attached", "rescue_unrescue", rescue_has_disk=False)
        self.assertEqual({}, self.outcomes(verdicts, UNKNOWN))

    def test_to_unrescue_fails_in_that_judge(self):
        self.times = dataclasses.replace(TIMES, server_boot=3)
        for how in ({"unrescues": False}, {"unrescues_end": False}):
            self.setUp()
            self.times = dataclasses.replace(TIMES, server_boot=3)
            verdicts = self.fails("unrescue_completed", "rescue_unrescue", **how)
            self.assertEqual({}, self.outcomes(verdicts, UNKNOWN))

    def test_to_leave_a_rescued_servers_data_alone_fails_in_that_judge(self):
        self.fails("acknowledged_writes_present", "rescue_unrescue", keeps_writes=False)

    def test_to_reboot_fails_in_that_judge(self):
        self.fails("hard_reboot_survived", "live_migrate_shared", reboots=False)

    def test_to_have_rebooted_servers_run_again_fails_in_that_judge(self):
        self.times = dataclasses.replace(TIMES, server_boot=2)
        for name in ("live_migrate_shared", "evacuate_shared"):
            self.setUp()
            verdicts = self.fails("hard_reboot_survived", name, rebooted_run=False)
            self.assertEqual({}, self.outcomes(verdicts, UNKNOWN))
            reasons = {v.reason for v in verdicts if v.judge == "domain_running" and v.server}
            self.assertTrue(any("hard_reboot_survived" in one for one in reasons), reasons)


class AHostThatStaysDead(WholeCase):
    def test_is_no_failure_of_the_cloud_and_stays_marked_as_down(self):
        verdicts = self.judged("evacuate_shared", boots_again=False)
        self.assertEqual({}, self.outcomes(verdicts, FAIL))
        self.assertEqual({"host_recovered"}, set(self.outcomes(verdicts, UNKNOWN)))
        self.assertIn("host_recovered", self.outcomes(verdicts, SKIP)["single_copy"])
        service = self.cloud.services["c1"]
        self.assertEqual((True, "disabled"), (service["forced_down"], service["status"]))
