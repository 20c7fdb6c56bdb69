# SPDX-License-Identifier: Apache-2.0
"""The steps that make servers ready and look at them: what stops a scenario, and what does not."""

from __future__ import annotations

import dataclasses

from migration_tests.observers.probe import ProbeTarget
from migration_tests.record.words import (
    BEFORE,
    CLOUD,
    REBOOTED,
    RETURNED,
    RUNNING,
    SERVICE,
    SHARED,
    STOPPED,
    SUBJECT,
    VOLUME,
)
from migration_tests.runner.topology import Subject, Topology
from migration_tests.steps.await_ports import AwaitPorts
from migration_tests.steps.boot import Boot
from migration_tests.steps.bring_to_state import BringToState
from migration_tests.steps.hard_reboot import HardReboot
from migration_tests.steps.inspect_hosts import InspectHosts
from migration_tests.steps.live_migrate import LiveMigrate
from migration_tests.steps.probe import WIDE_INTERVAL, Probe
from migration_tests.steps.read_back import ReadBack
from migration_tests.steps.read_metadata import ReadMetadata
from migration_tests.steps.reconnect import Reconnect
from migration_tests.steps.snapshot import Snapshot
from migration_tests.steps.start_writers import StartWriters
from migration_tests.steps.stop_writers import StopWriters
from migration_tests.steps.watch_domains import WatchDomains
from migration_tests.tests.unit.fake_api import refusal
from migration_tests.tests.unit.scenario_case import LIMITS, TIMES, ScenarioCase
from migration_tests.tests.unit.test_step_hosts import Call

TWO = Topology(subjects=(Subject(SHARED), Subject(VOLUME)), bystanders=1)
MOVED = (Boot(), StartWriters(), LiveMigrate(), StopWriters())


class LooksCase(ScenarioCase):
    def run_two(self, *steps, **how):
        return self.steps(*steps, topology=TWO, **how)

    def spoil(self, **broken):
        return Call(lambda context: self.cloud.broken.update(broken))

    def phase_of(self, kind):
        """The names of the phases in which lines of a kind were written."""
        found, phase = [], ""
        for line in self.lines():
            if line.kind == "scenario.phase":
                phase = line.event.phase
            elif line.kind == kind:
                found.append(phase)
        return found


class Booting(LooksCase):
    def boot(self, spoil, *more, **how):
        made = self.context

        def context(*args, **values):
            found = made(*args, **values)
            spoil(found)
            return found

        self.context = context
        return self.run_two(Boot(), *more, **how)

    def test_puts_each_server_where_it_was_asked_for_and_logs_in(self):
        self.assertIsNone(self.boot(lambda context: None))
        hosts = sorted(one["OS-EXT-SRV-ATTR:host"] for one in self.cloud.servers.values())
        self.assertEqual(["c1", "c1", "c2"], hosts)
        self.assertEqual([True] * 3, [one.answered for one in self.events("server.ssh")])

    def test_locks_those_that_are_to_be_locked_and_no_other(self):
        locked = Topology(subjects=(Subject(SHARED, locked=True), Subject(VOLUME)), bystanders=1)
        self.assertIsNone(self.steps(Boot(), topology=locked))
        states = {one["name"]: one["locked"] for one in self.cloud.servers.values()}
        self.assertEqual(["chaos-shared-subject-1"], [one for one in states if states[one]])
        (asked,) = self.events("server.request")
        self.assertEqual(("lock", True), (asked.request, asked.accepted))

    def test_goes_on_where_a_lock_is_refused_and_has_that_on_the_record(self):
        locked = Topology(subjects=(Subject(SHARED, locked=True),))
        refuse = Call(lambda context: self.cloud.broken.pop("post", None))
        made = self.context

        def context(*args, **values):
            found = made(*args, **values)
            self.cloud.broken["post"] = refusal(403, "Policy doesn't allow it")
            return found

        self.context = context
        self.assertIsNone(self.steps(Boot(), refuse, topology=locked))
        (asked,) = self.events("server.request")
        self.assertEqual((False, 403), (asked.accepted, asked.http_status))

    def test_that_is_refused_stops(self):
        def refuse(context):
            self.cloud.broken["create_server"] = refusal(403, "Quota exceeded")

        stop = self.boot(refuse)
        self.assertEqual((CLOUD, "boot"), (stop.cause, stop.phase))
        self.assertIn("refused to make a server", stop.reason)

    def test_of_a_server_that_fails_stops_with_its_fault(self):
        def fail(context):
            create = self.cloud.create_server

            def failing(**values):
                made = create(**values)
                server = made["server"]["id"]
                if "bystander" in values["name"]:
                    self.cloud.coming[server] = [lambda: self.cloud.runs(server, "ERROR")]
                return made

            self.cloud.create_server = failing

        stop = self.boot(fail)
        self.assertIn("bystander-3 is ERROR: No valid host was found.", stop.reason)

    def test_of_a_server_that_never_runs_stops_after_its_time(self):
        self.times = dataclasses.replace(TIMES, server_boot=0.3)

        def hang(context):
            create = self.cloud.create_server

            def hanging(**values):
                made = create(**values)
                self.cloud.coming[made["server"]["id"]] = []
                return made

            self.cloud.create_server = hanging

        self.assertIn("is BUILD, spawning", self.boot(hang).reason)

    def test_of_a_server_that_is_silent_stops_with_its_name(self):
        self.times = dataclasses.replace(TIMES, server_boot=1)

        def hush(context):
            create = self.cloud.create_server

            def silent(**values):
                made = create(**values)
                if "bystander" in values["name"]:
                    self.cloud.silent.add(made["server"]["id"])
                return made

            self.cloud.create_server = silent

        stop = self.boot(hush)
        self.assertIn("do not answer over SSH: chaos-shared-bystander-3", stop.reason)
        self.assertEqual(1, sum(not one.answered for one in self.events("server.ssh")))


class BringingToStates(LooksCase):
    STATES = Topology(subjects=(Subject(SHARED), Subject(VOLUME, state=STOPPED)))

    def bring(self, *more, **how):
        steps = (Boot(), StartWriters(), BringToState(), *more)
        return self.steps(*steps, topology=self.STATES, **how)

    def test_stops_only_servers_that_are_to_be_stopped_and_closes_their_ledgers(self):
        self.assertIsNone(self.bring(Call(lambda context: self.look())))
        self.assertEqual([VOLUME], self.stopped)
        self.assertEqual(1, self.ended)

    def look(self):
        states = self.cloud.servers.values()
        self.stopped = [self.cloud.kind(one["id"]) for one in states if one["status"] == "SHUTOFF"]
        self.ended = len(self.events("writer.ended"))

    def test_that_is_refused_stops_at_once(self):
        self.times = dataclasses.replace(TIMES, server_boot=600)
        stop = self.bring(stops=False)
        self.assertIn("servers were not stopped: chaos-volume-subject-2 is ACTIVE", stop.reason)
        self.assertEqual([False], [one.accepted for one in self.events("server.request")])


class Writing(LooksCase):
    def test_stops_where_nothing_is_acknowledged(self):
        self.times = dataclasses.replace(TIMES, server_boot=2)
        self.tool("sha256sum", "#!/bin/sh\nsleep 60\n")
        stop = self.run_two(Boot(), Call(self.quick_looks), StartWriters())
        self.assertIn("no write was acknowledged by", stop.reason)

    @staticmethod
    def quick_looks(context):
        context.disks.before = lambda *_: None

    def test_stops_where_a_server_cannot_be_written_to(self):
        def hang_up(context):
            for shell in context.shells.values():
                shell.check = lambda *_: self.fail_to_run()

        stop = self.run_two(Boot(), Call(hang_up), StartWriters())
        self.assertEqual(CLOUD, stop.cause)
        self.assertIn("cannot be written to: no connection", stop.reason)

    @staticmethod
    def fail_to_run():
        from migration_tests.guest.shell import GuestError

        raise GuestError("no connection")

    def test_goes_on_until_it_is_ended_after_the_moves(self):
        self.assertIsNone(self.run_two(*MOVED))
        moved = [
            number
            for number, line in enumerate(self.lines())
            if line.kind == "migration.seen" and line.event.status == "completed"
        ][-1]
        later = [line for line in self.lines()[moved:] if line.kind == "writer.acknowledged"]
        self.assertEqual(2, len({line.event.server for line in later}))
        reasons = {one.reason for one in self.events("writer.ended")}
        self.assertEqual({"the writer was ended after the moves"}, reasons)

    def test_that_does_not_go_on_after_a_move_is_said_and_no_stop(self):
        def freeze(context):
            for server in list(self.cloud.writers):
                self.cloud.end_writers(server)
            self.hurry(context, final_state=0.5)

        steps = (Boot(), StartWriters(), LiveMigrate(), Call(freeze), StopWriters())
        self.assertIsNone(self.run_two(*steps))
        self.assertEqual(["stop_writers"], [one.phase for one in self.events("wait.expired")])


class LoggingIn(LooksCase):
    def hush(self, context):
        self.cloud.silent.add(context.moved[0].server)
        self.hurry(context, server_boot=2)

    def test_anew_records_of_each_moved_server_whether_it_answers(self):
        self.assertIsNone(self.run_two(*MOVED, Call(self.hush), Reconnect(), ReadBack()))
        seen = [one for one in self.events("server.ssh") if one.moment == RUNNING]
        self.assertEqual([False, True], sorted(one.answered for one in seen))

    def test_is_needed_to_read_a_disk_and_a_server_that_is_silent_costs_no_other(self):
        self.assertIsNone(self.run_two(*MOVED, Call(self.hush), Reconnect(), ReadBack()))
        self.assertEqual(1, len(self.events("data.read")))
        self.assertEqual(1, len(self.events("writer.resumed")))
        self.assertEqual([], self.events("harness.error"))

    def test_finds_every_acknowledged_write_and_takes_one_more(self):
        self.assertIsNone(self.run_two(*MOVED, Reconnect(), ReadBack(), ReadBack(RETURNED)))
        for read in self.events("data.read"):
            ((first, last),) = read.intact
            wanted = max(
                one.last for one in self.events("writer.acknowledged") if one.server == read.server
            )
            self.assertEqual(1, first)
            self.assertGreaterEqual(last, wanted)
        self.assertEqual(["read_back_running"] * 2, self.phase_of("writer.resumed"))


class RebootingHard(LooksCase):
    REBOOT = (*MOVED, Reconnect(), HardReboot(), Reconnect(REBOOTED), ReadBack(REBOOTED))

    def boots(self):
        found = {}
        for one in self.events("server.ssh"):
            found.setdefault(one.server, []).append(one.boot_id)
        return [ids for ids in found.values() if len(ids) == 3]

    def test_gives_each_moved_server_a_new_boot_and_its_data(self):
        self.assertIsNone(self.run_two(*self.REBOOT))
        self.assertEqual(2, len(self.boots()))
        for before, running, rebooted in self.boots():
            self.assertEqual(before, running)
            self.assertNotEqual(running, rebooted)
        self.assertEqual(["read_back_rebooted"] * 2, self.phase_of("data.read"))
        actions = [one.action for one in self.events("server.action")]
        self.assertEqual(2, actions.count("reboot"))

    def test_that_is_refused_is_on_the_record_and_no_stop(self):
        self.assertIsNone(self.run_two(*self.REBOOT, reboots=False))
        self.assertEqual([False, False], [one.accepted for one in self.events("server.request")])
        self.assertEqual([], self.boots())

    def test_that_ends_in_an_error_is_over_at_once_and_said(self):
        self.times = dataclasses.replace(TIMES, server_boot=600)
        self.assertIsNone(self.run_two(*self.REBOOT, rebooted_run=False))
        self.assertEqual(["hard_reboot"], [one.phase for one in self.events("wait.expired")])
        self.assertEqual([], self.boots())

    def test_does_not_take_a_server_for_rebooted_by_a_look_from_before(self):
        def blind(context):
            context.watch.stop()
            self.hurry(context, server_boot=0.3)

        steps = (*MOVED, Reconnect(), Call(blind), HardReboot(), Reconnect(REBOOTED))
        self.assertIsNone(self.run_two(*steps))
        self.assertEqual([], [one for one in self.events("server.ssh") if one.moment == REBOOTED])


class Looking(LooksCase):
    def test_through_the_api_is_at_each_server(self):
        self.assertIsNone(self.run_two(Boot(), Snapshot(BEFORE)))
        self.assertEqual(3, len({one.server for one in self.events("server.snapshot")}))
        self.assertEqual(3, len(self.events("allocation.snapshot")))
        self.assertEqual(1, len(self.events("volume.snapshot")))

    def test_through_an_api_that_fails_loses_evidence_and_does_not_stop(self):
        spoil = self.spoil(show_server=refusal(500, "broken"))
        self.assertIsNone(self.run_two(Boot(), spoil, Snapshot(BEFORE)))
        self.assertEqual(3, len(self.events("harness.error")))
        self.assertEqual(3, len(self.events("allocation.snapshot")))

    def test_at_hosts_is_at_all_of_the_hosts_file_and_first_at_the_sources_boot(self):
        self.assertIsNone(self.run_two(Boot(), InspectHosts(BEFORE), InspectHosts(RETURNED)))
        hosts = [one.host for one in self.events("host.inspected")]
        self.assertEqual(["c1", "c1", "c2", "c2", "c3", "c3"], sorted(hosts))
        booted = [(one.host, one.moment) for one in self.events("host.booted")]
        self.assertEqual([("c1", BEFORE)], booted)

    def test_at_a_host_that_is_silent_costs_no_other(self):
        off = Call(lambda context: self.cloud.off.add("c2"))
        self.assertIsNone(self.run_two(Boot(), off, InspectHosts(RETURNED)))
        seen = {one.host: one.domains is not None for one in self.events("host.inspected")}
        self.assertEqual({"c1": True, "c2": False, "c3": True}, seen)

    def test_at_domains_goes_on_until_the_end(self):
        self.assertIsNone(self.run_two(Boot(), WatchDomains(), LiveMigrate()))
        self.assertEqual({"c1", "c2", "c3"}, {one.host for one in self.events("domains.seen")})
        last = self.events("domains.seen")[-1]
        self.assertIsNotNone(last.domains)

    def test_for_ports_waits_for_all_and_says_if_they_do_not_come(self):
        self.assertIsNone(self.run_two(Boot(), AwaitPorts()))
        self.assertEqual([], self.events("wait.expired"))
        self.setUp()
        self.times = dataclasses.replace(TIMES, final_state=0.2)
        self.assertIsNone(self.run_two(Boot(), AwaitPorts(), binds_ports=False))
        self.assertEqual(["await_ports"], [one.phase for one in self.events("wait.expired")])


class ReadingMetadata(LooksCase):
    def test_asks_all_that_will_be_moved_and_later_all_that_were(self):
        keep_one = Call(lambda context: context.moved.pop())
        steps = (ReadMetadata(BEFORE), LiveMigrate(), keep_one, Reconnect(), ReadMetadata(RUNNING))
        self.assertIsNone(self.run_two(Boot(), *steps))
        seen = self.events("guest.metadata")
        self.assertEqual([BEFORE, BEFORE, RUNNING], [one.moment for one in seen])
        subjects = {one.server for one in self.events("server.introduced") if one.role == SUBJECT}
        self.assertEqual(subjects, {one.server for one in seen[:2]})
        self.assertEqual({SERVICE}, {one.source for one in seen})

    def test_of_a_server_that_is_not_logged_in_to_is_left_out(self):
        forget = Call(lambda context: context.log_out())
        self.assertIsNone(self.run_two(Boot(), forget, ReadMetadata(BEFORE)))
        self.assertEqual([], self.events("guest.metadata"))

    def test_that_finds_nothing_is_an_answer_and_does_not_stop(self):
        self.times = dataclasses.replace(TIMES, final_state=0.5)
        self.tool("curl", "#!/bin/sh\nexit 22\n")
        self.assertIsNone(self.run_two(Boot(), ReadMetadata(BEFORE)))
        seen = self.events("guest.metadata")
        self.assertEqual({None}, {one.source for one in seen})


class Probing(LooksCase):
    def test_asks_all_servers_and_reports_at_the_end(self):
        self.assertIsNone(self.run_two(Boot(), Probe(), Snapshot(BEFORE)))
        self.assertEqual(3, len({one.server for one in self.events("probe.report")}))
        self.assertEqual([], self.events("harness.error"))

    def test_is_close_where_a_gap_is_limited_and_at_leisure_elsewhere(self):
        targets = {}

        def keep(context):
            for server in context.servers.all:
                found = self.target(server, context)
                targets[server.role] = (found.interval, found.threshold)

        self.assertIsNone(self.run_two(Boot(), Call(keep)))
        self.assertEqual((TIMES.probe_interval, LIMITS["bystander_max_gap"]), targets["bystander"])
        self.assertEqual(WIDE_INTERVAL, targets["subject"][0])

    @staticmethod
    def target(server, context) -> ProbeTarget:
        from migration_tests.steps.probe import _target

        return _target(server, context)
