# SPDX-License-Identifier: Apache-2.0
"""The steps that harm a host and give it back: in Nova's order, whatever fails in between."""

from __future__ import annotations

import dataclasses

import urllib3

from migration_tests.record import words
from migration_tests.record.words import CLOUD, HARNESS
from migration_tests.runner.step import Step
from migration_tests.runner.stopping import cloud_stop
from migration_tests.steps.await_clean_up import AwaitCleanUp
from migration_tests.steps.boot import Boot
from migration_tests.steps.evacuate import Evacuate
from migration_tests.steps.give_back import GiveBack
from migration_tests.steps.inject import Inject
from migration_tests.steps.mark_down import MarkDown
from migration_tests.steps.power_on import PowerOn
from migration_tests.steps.start_writers import StartWriters
from migration_tests.tests.unit.fake_api import refusal
from migration_tests.tests.unit.scenario_case import TIMES, ScenarioCase

BACK = (PowerOn(), AwaitCleanUp(), GiveBack())
OFF = Inject(via="bmc")


@dataclasses.dataclass(frozen=True)
class Call(Step):
    """Does what a test says."""

    name = "call"
    doing = "calling"
    work: object

    def run(self, context):
        self.work(context)


class HostsCase(ScenarioCase):
    def run_steps(self, *steps, back=BACK, **how):
        return self.steps(*steps, recovery=back, **how)

    def asked_of_services(self):
        return [(one.request, one.accepted) for one in self.events("service.request")]

    @property
    def service(self):
        return self.cloud.services["c1"]

    def stops(self):
        return [(one.phase, one.cause) for one in self.events("scenario.stopped")]


class AnInjection(HostsCase):
    def test_is_on_the_record_with_what_the_witnesses_say(self):
        self.assertIsNone(self.run_steps(Boot(), OFF))
        (event,) = self.events("disturbance.started")
        self.assertEqual(("c1", "bmc", "command", "injected"), (
            event.host, event.via, event.driver, event.verdict
        ))  # fmt: skip
        self.assertEqual(["dead", "dead"], [one.says for one in event.readings])
        self.assertIsNotNone(event.t_injected)

    def test_ends_the_ledgers(self):
        self.assertIsNone(self.run_steps(Boot(), StartWriters(), OFF))
        (ended,) = self.events("writer.ended")
        self.assertEqual("c1 lost its power", ended.reason)
        self.assertTrue(self.events("writer.acknowledged"))

    def test_that_is_refused_harms_nobody_and_is_not_undone(self):
        def refuse(context):
            self.FakePowerOff.refused = "Another run is at it."

        stop = self.run_steps(Boot(), Call(refuse), OFF)
        self.assertEqual((HARNESS, "inject"), (stop.cause, stop.phase))
        self.assertIn("Another run is at it.", stop.reason)
        self.assertEqual([], self.events("disturbance.started"))
        self.assertEqual([], self.events("disturbance.ended"))

    def test_asks_the_clouds_rules_once_more(self):
        def come(context):
            self.cloud.create_server(name="theirs", flavorRef="shared", host="c1")

        stop = self.run_steps(Boot(), Call(come), OFF)
        self.assertIn("1 server(s) that are not the suite's own", stop.reason)

    def test_that_is_not_proved_stops_and_is_undone(self):
        def doubt(context):
            self.FakePowerOff.verdict = "unknown"

        stop = self.run_steps(Boot(), Call(doubt), OFF)
        self.assertIn("the death of c1 is not proved", stop.reason)
        self.assertEqual("unknown", self.events("disturbance.started")[0].verdict)
        self.assertEqual(1, len(self.events("disturbance.ended")))
        self.assertEqual(set(), self.cloud.off)

    def test_that_breaks_after_the_harm_is_on_the_record_and_undone(self):
        def spoil(context):
            self.FakePowerOff.raises = RuntimeError("broken")
            self.FakePowerOff.verdict = "unknown"

        stop = self.run_steps(Boot(), Call(spoil), OFF)
        self.assertIn("broken", stop.reason)
        self.assertEqual("unknown", self.events("disturbance.started")[0].verdict)
        self.assertEqual(set(), self.cloud.off)


class MarkingDown(HostsCase):
    def test_forces_the_service_down_and_disables_it(self):
        self.assertIsNone(self.run_steps(Boot(), OFF, MarkDown(), back=()))
        self.assertEqual([("force_down", True), ("disable", True)], self.asked_of_services())
        self.assertEqual((True, "disabled"), (self.service["forced_down"], self.service["status"]))

    def test_only_waits_where_the_cloud_is_to_find_out_by_itself(self):
        self.force_down = False
        self.assertIsNone(self.run_steps(Boot(), OFF, MarkDown()))
        self.assertEqual([], self.asked_of_services())

    def test_of_a_host_that_the_cloud_never_sees_down_stops(self):
        self.force_down = False
        self.times = dataclasses.replace(TIMES, service_down=0.2)
        stop = self.run_steps(Boot(), MarkDown(), back=())
        self.assertEqual(CLOUD, stop.cause)
        self.assertIn("c1 is not seen down after 0.2 s", stop.reason)

    def test_does_not_believe_a_look_from_before(self):
        # Seen down once, up again when it is asked for; the watch ends in between.
        self.force_down = False
        self.times = dataclasses.replace(TIMES, service_down=0.2)

        def blind(context):
            self.cloud.off.add("c1")
            context.watch.refresh(_soon())
            context.watch.stop()

        stop = self.run_steps(Boot(), Call(blind), MarkDown(), back=())
        self.assertIn("is not seen down", stop.reason)

    def test_that_is_refused_or_not_answered_is_undone_all_the_same(self):
        for broken in (refusal(403, "no"), urllib3.exceptions.ProtocolError("reset")):
            self.setUp()
            self.times = dataclasses.replace(TIMES, service_down=5)

            def spoil(context, broken=broken):
                self.cloud.broken["update_service"] = broken

            def mend(context):
                self.cloud.broken.clear()

            back = (Call(mend), *BACK)
            self.assertIsNone(self.run_steps(Boot(), OFF, Call(spoil), MarkDown(), back=back))
            self.assertEqual(
                [("clear_forced_down", True), ("enable", True)], self.asked_of_services()[-2:]
            )

    def test_of_which_no_answer_came_is_lost_evidence(self):
        def spoil(context):
            self.cloud.broken["update_service"] = urllib3.exceptions.ProtocolError("reset")

        self.assertIsNone(self.run_steps(Boot(), OFF, Call(spoil), MarkDown(), back=()))
        lost = [one for one in self.events("harness.error") if "service.request" in one.lost]
        self.assertEqual(2, len(lost))


class PoweringOn(HostsCase):
    def test_records_the_new_boot_and_the_first_report(self):
        self.assertIsNone(self.run_steps(Boot(), OFF, MarkDown()))
        (booted,) = self.events("host.booted")
        self.assertEqual((words.RETURNED, self.cloud.boot_ids["c1"]), (
            booted.moment, booted.boot_id
        ))  # fmt: skip
        (reported,) = self.events("service.reported")
        self.assertTrue(reported.updated_at)

    def test_reads_the_boot_id_itself_if_the_fault_has_not_seen_it(self):
        def forget(context):
            context.fault.recover = lambda deadline: self.cloud.bring_back("c1")

        self.assertIsNone(self.run_steps(Boot(), OFF, back=(Call(forget), *BACK)))
        self.assertEqual(self.cloud.boot_ids["c1"], self.events("host.booted")[0].boot_id)

    def test_does_nothing_where_nothing_was_injected(self):
        self.assertIsNone(self.run_steps(Boot()))
        self.assertEqual([], self.events("disturbance.ended"))

    def test_of_a_host_that_stays_dead_says_so_and_leaves_it_marked_down(self):
        self.run_steps(Boot(), OFF, MarkDown(), boots_again=False)
        self.assertEqual([("power_on", HARNESS)], self.stops())
        self.assertEqual((True, "disabled"), (self.service["forced_down"], self.service["status"]))
        self.assertEqual([], self.events("disturbance.ended"))

    def test_of_a_host_whose_service_stays_away_blames_the_cloud(self):
        self.times = dataclasses.replace(TIMES, host_boot=0.5)
        self.run_steps(Boot(), OFF, MarkDown(), reports_again=False)
        self.assertEqual([("power_on", CLOUD)], self.stops())
        self.assertEqual([], self.events("service.reported"))
        self.assertEqual((True, "disabled"), (self.service["forced_down"], self.service["status"]))

    def test_takes_no_change_of_before_for_a_report(self):
        # The change moves the service's time stamp, and the watch has not seen that yet.
        self.times = dataclasses.replace(TIMES, poll_interval=0.3, host_boot=1.5)

        def force(context):
            context.ask_service("force_down", "clear forced_down", forced_down=True)
            raise cloud_stop("it ends here")

        self.run_steps(Boot(), OFF, Call(force), reports_again=False)
        self.assertEqual([], self.events("service.reported"))


class GivingBack(HostsCase):
    EVACUATED = (Boot(), OFF, MarkDown(), Evacuate())

    def test_is_done_in_the_order_that_nova_wants(self):
        self.assertIsNone(self.run_steps(*self.EVACUATED))
        self.assertEqual(
            [
                ("force_down", True),
                ("disable", True),
                ("clear_forced_down", True),
                ("enable", True),
            ],
            self.asked_of_services(),
        )
        self.assertEqual((False, "enabled"), (self.service["forced_down"], self.service["status"]))

    def test_that_is_refused_for_records_not_cleaned_up_goes_on_with_the_service(self):
        self.times = dataclasses.replace(TIMES, final_state=0.5)
        self.assertIsNone(self.run_steps(*self.EVACUATED, cleans_up=False))
        asked = self.asked_of_services()
        self.assertIn(("clear_forced_down", False), asked)
        self.assertEqual(("enable", True), asked[-1])
        self.assertEqual(
            ["completed migration records", "c1 up and enabled"],
            [one.awaited for one in self.events("wait.expired")],
        )

    def test_is_tried_again_when_no_answer_comes(self):
        times = []

        def lose(context):
            update = self.cloud.update_service

            def once(service, **values):
                times.append(values)
                if len(times) in (1, 3):
                    raise urllib3.exceptions.ProtocolError("reset")
                return update(service, **values)

            self.cloud.update_service = once

        self.times = dataclasses.replace(TIMES, final_state=6)
        back = (PowerOn(), Call(lose), GiveBack())
        self.assertIsNone(self.run_steps(*self.EVACUATED, back=back))
        self.assertEqual((False, "enabled"), (self.service["forced_down"], self.service["status"]))
        self.assertEqual(4, len(times))

    def test_asks_for_nothing_that_was_not_taken(self):
        self.assertIsNone(self.run_steps(Boot(), OFF))
        self.assertEqual([], self.asked_of_services())

    def test_says_if_the_host_is_not_usable(self):
        def spoil(context):
            self.cloud.services["c1"]["status"] = "disabled"

        self.times = dataclasses.replace(TIMES, final_state=0.2)
        self.assertIsNone(self.run_steps(Boot(), Call(spoil)))
        self.assertEqual("c1 up and enabled", self.events("wait.expired")[0].awaited)


def _soon():
    from chaos.deadline import Deadline

    return Deadline.after(5)
