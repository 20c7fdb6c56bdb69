# SPDX-License-Identifier: Apache-2.0
"""The steps that move servers: how each can fail; nothing of it is lost or taken early."""

from __future__ import annotations

import dataclasses

import urllib3

from migration_tests.record import words
from migration_tests.record.words import CLOUD, SHARED, STOPPED, VOLUME
from migration_tests.runner.topology import Subject, Topology
from migration_tests.steps.boot import Boot
from migration_tests.steps.bring_to_state import BringToState
from migration_tests.steps.cold_migrate import ColdMigrate
from migration_tests.steps.confirm import Confirm
from migration_tests.steps.evacuate import Evacuate
from migration_tests.steps.inject import Inject
from migration_tests.steps.live_migrate import LiveMigrate
from migration_tests.steps.mark_down import MarkDown
from migration_tests.steps.start_stopped import StartStopped
from migration_tests.tests.unit.scenario_case import TIMES, ScenarioCase

DEAD = (Boot(), Inject(via="bmc"), MarkDown())
TWO = Topology(subjects=(Subject(SHARED), Subject(VOLUME)))
RESET = urllib3.exceptions.ProtocolError("connection reset by peer")


class MovesCase(ScenarioCase):
    def move(self, *steps, topology=TWO, **how):
        """Run the steps; the IDs of those that have arrived stand in `moved` afterwards."""
        self.moved = None
        make = self.context

        def context(*args, **values):
            self.ctx = make(*args, **values)
            return self.ctx

        self.context = context
        stop = self.steps(*steps, topology=topology, **how)
        self.moved = [one.storage for one in self.ctx.moved]
        return stop

    def statuses(self, storage=None):
        return [one.status for one in self.events("migration.seen")]

    def actions(self, name):
        return [one for one in self.events("server.action") if one.action == name]

    def requests(self):
        return [(one.accepted, one.http_status) for one in self.events("move.requested")]

    def lose_answers_of(self, *servers, taken=True):
        """The connection breaks off after (or before) some servers' moves were taken."""
        post = self.cloud.post

        def broken(path, body):
            if not any(one in body + path for one in servers):
                return post(path, body)
            if taken:
                post(path, body)
            raise RESET

        self.cloud.post = broken


class AnEvacuation(MovesCase):
    def test_is_asked_for_of_all_and_waited_for(self):
        self.assertIsNone(self.move(*DEAD, Evacuate()))
        self.assertEqual([(True, None)] * 2, self.requests())
        self.assertEqual(2, self.statuses().count("done"))
        self.assertEqual([SHARED, VOLUME], sorted(self.moved))

    def test_that_is_refused_stops_with_the_clouds_words_on_the_record(self):
        stop = self.move(*DEAD, Evacuate(), evacuates=False)
        self.assertEqual((CLOUD, "evacuate"), (stop.cause, stop.phase))
        self.assertEqual([(False, 409)] * 2, self.requests())
        self.assertIn("Cannot 'evacuate'", self.events("move.requested")[0].error)

    def test_from_a_host_that_lives_is_refused(self):
        stop = self.move(Boot(), Evacuate())
        self.assertIn("refused to evacuate any", stop.reason)
        self.assertEqual([(False, 400)] * 2, self.requests())

    def test_that_never_ends_has_its_time_and_is_said_to_have_had_it(self):
        self.times = dataclasses.replace(TIMES, evacuation=0.3, final_state=0.3)
        stop = self.move(*DEAD, Evacuate(), evacuations_end=False)
        self.assertIn("no server arrived", stop.reason)
        (expired,) = self.events("wait.expired")
        self.assertEqual(("evacuate", 0.3), (expired.phase, expired.seconds))

    def test_that_ends_in_an_error_is_over_at_once(self):
        stop = self.move(*DEAD, Evacuate(), evacuated_fail=True)
        self.assertIn("no server arrived", stop.reason)
        self.assertEqual([], self.events("wait.expired"))
        self.assertEqual(2, self.statuses().count("error"))


class AMove(MovesCase):
    def test_waits_for_its_own_record_and_not_for_one_of_before(self):
        # The watch looks so seldom that it has not seen the earlier record when the move begins.
        self.times = dataclasses.replace(
            TIMES, poll_interval=0.3, live_migration=0.9, final_state=1
        )
        case = self

        @dataclasses.dataclass(frozen=True)
        class MovedBefore(Boot):
            def run(self, context):
                super().run(context)
                for server in case.cloud.servers:
                    case.cloud.migration(server, words.LIVE_MIGRATION)["status"] = "completed"

        self.move(MovedBefore(), LiveMigrate(), conducts=False)
        self.assertEqual([], self.moved)
        self.assertTrue(self.events("wait.expired"))

    def test_of_which_no_answer_came_is_lost_evidence_and_waited_for_all_the_same(self):
        one = "0000-0000-4000-8000-000000000001"
        case = self

        @dataclasses.dataclass(frozen=True)
        class Lose(MarkDown):
            def run(self, context):
                super().run(context)
                case.lose_answers_of(one)

        self.assertIsNone(self.move(Boot(), Inject(via="bmc"), Lose(), Evacuate()))
        (lost,) = [e for e in self.events("harness.error") if "move.requested" in e.lost]
        self.assertIn(one, lost.server)
        self.assertIn("connection reset", lost.error)
        self.assertEqual([(True, None)], self.requests())
        self.assertEqual([SHARED, VOLUME], sorted(self.moved))

    def test_of_which_no_answer_came_and_that_was_not_taken_is_not_waited_for(self):
        case = self

        @dataclasses.dataclass(frozen=True)
        class Lose(Boot):
            def run(self, context):
                super().run(context)
                case.lose_answers_of("evacuate", "os-migrateLive", taken=False)

        stop = self.move(Lose(), LiveMigrate())
        self.assertIn("no server was live-migrated", stop.reason)
        self.assertEqual([], self.events("wait.expired"))
        self.assertEqual(2, len(self.events("harness.error")))

    def test_has_its_action_on_the_record_once_that_has_ended(self):
        self.assertIsNone(self.move(Boot(), LiveMigrate(), actions_end_late=1))
        found = self.actions("live-migration")
        self.assertEqual(2, len(found))
        for action in found:
            self.assertEqual(["Success"], [event.result for event in action.events])

    def test_whose_action_does_not_end_in_time_has_it_on_the_record_as_it_is(self):
        self.times = dataclasses.replace(TIMES, final_state=0.3)
        self.assertIsNone(self.move(Boot(), LiveMigrate(), actions_end_late=99))
        found = self.actions("live-migration")
        self.assertEqual([None, None], [action.events[0].result for action in found])


class ALiveMigration(MovesCase):
    def test_is_asked_for_of_one_server_after_the_other(self):
        self.assertIsNone(self.move(Boot(), LiveMigrate()))
        kinds = [
            (line.kind, line.event.server)
            for line in self.lines()
            if line.kind == "move.requested"
            or (line.kind == "migration.seen" and line.event.status == "completed")
        ]
        self.assertEqual(["move.requested", "migration.seen"] * 2, [kind for kind, _ in kinds])
        self.assertEqual([SHARED, VOLUME], sorted(self.moved))

    def test_that_is_refused_stops_only_if_no_other_server_moves(self):
        stop = self.move(Boot(), LiveMigrate(), migrates=False)
        self.assertIn("no server was live-migrated away from c1", stop.reason)
        self.assertEqual([(False, 400)] * 2, self.requests())

    def test_that_fails_is_over_at_once(self):
        stop = self.move(Boot(), LiveMigrate(), migrations_fail=True)
        self.assertIn("no server was live-migrated", stop.reason)
        self.assertEqual([], self.events("wait.expired"))
        self.assertEqual(2, self.statuses().count("error"))

    def test_that_never_ends_has_its_time(self):
        self.times = dataclasses.replace(TIMES, live_migration=0.2, final_state=0.3)
        self.move(Boot(), LiveMigrate(), migrations_end=False)
        self.assertEqual(2, len(self.events("wait.expired")))

    def test_that_breaks_by_our_fault_leaves_those_before_it_moved(self):
        case = self

        @dataclasses.dataclass(frozen=True)
        class Break(LiveMigrate):
            def run(self, context):
                done = []
                ask = context.changes.live_migrate

                def once(server, *values):
                    if done:
                        raise ZeroDivisionError("oops")
                    done.append(server)
                    return ask(server, *values)

                context.changes.live_migrate = once
                super().run(context)

        stop = case.move(Boot(), Break())
        self.assertIn("ZeroDivisionError", stop.reason)
        self.assertEqual(1, len(self.moved))


class Undecided(Confirm):
    """Leaves the moves waiting."""

    def run(self, context):
        pass


class AColdMigration(MovesCase):
    STATES = Topology(subjects=(Subject(SHARED), Subject(SHARED, state=STOPPED)))

    def test_that_is_confirmed_leaves_each_server_in_the_state_it_had(self):
        steps = (Boot(), BringToState(), ColdMigrate(), Confirm())
        self.assertIsNone(self.move(*steps, topology=self.STATES))
        states = [one["status"] for one in self.cloud.servers.values()]
        self.assertEqual(["ACTIVE", "SHUTOFF"], sorted(states))
        self.assertEqual([], self.events("wait.expired"))

    def test_that_waits_for_its_confirmation_has_arrived(self):
        self.assertIsNone(self.move(Boot(), ColdMigrate(), Undecided()))
        self.assertEqual({"VERIFY_RESIZE"}, {one["status"] for one in self.cloud.servers.values()})

    def test_that_is_confirmed_is_not_started_before_it_waits_no_more(self):
        steps = (Boot(), BringToState(), ColdMigrate(), Confirm(), StartStopped())
        self.assertIsNone(self.move(*steps, topology=self.STATES))
        self.assertEqual(2, len(self.moved))
        self.assertEqual([], self.events("wait.expired"))
        self.assertEqual({"ACTIVE"}, {one["status"] for one in self.cloud.servers.values()})

    def test_that_comes_again_waits_for_its_own_confirmation(self):
        steps = (Boot(), ColdMigrate(), Confirm(), ColdMigrate(), Confirm())
        self.assertIsNone(self.move(*steps))
        self.assertEqual({"ACTIVE"}, {one["status"] for one in self.cloud.servers.values()})

    def test_that_fails_stops(self):
        stop = self.move(Boot(), ColdMigrate(), Confirm(), migrations_fail=True)
        self.assertIn("no server arrived", stop.reason)

    def test_that_is_refused_stops(self):
        stop = self.move(Boot(), ColdMigrate(), Confirm(), migrates=False)
        self.assertIn("refused to migrate any", stop.reason)

    def test_whose_confirmation_is_refused_stops(self):
        stop = self.move(Boot(), ColdMigrate(), Confirm(), confirms=False)
        self.assertIn("refused to confirm any", stop.reason)
        self.assertEqual([False, False], [one.accepted for one in self.events("server.request")])

    def test_whose_confirmation_never_ends_has_its_time(self):
        self.move(Boot(), ColdMigrate(), Confirm(), confirmations_end=False)
        self.assertEqual(["confirm"], [one.phase for one in self.events("wait.expired")])


class Starting(MovesCase):
    EVACUATED = (*DEAD, Evacuate(), StartStopped())

    def started(self):
        return [one.accepted for one in self.events("server.request") if one.request == "start"]

    def test_is_asked_for_where_nova_leaves_a_server_stopped(self):
        self.assertIsNone(self.move(*self.EVACUATED))
        self.assertEqual([True, True], self.started())
        self.assertEqual(2, len(self.moved))
        self.assertEqual(2, len(self.actions("start")))

    def test_is_not_asked_for_where_nova_starts_the_server(self):
        self.assertIsNone(self.move(*self.EVACUATED, api="2.94"))
        self.assertEqual([], self.started())
        self.assertEqual(2, len(self.moved))

    def test_that_is_refused_stops(self):
        stop = self.move(*self.EVACUATED, starts=False)
        self.assertIn("no moved server runs", stop.reason)
        self.assertEqual([False, False], self.started())

    def test_that_never_ends_has_its_time(self):
        self.times = dataclasses.replace(TIMES, server_boot=1, final_state=0.3)
        stop = self.move(*self.EVACUATED, started_run=False)
        self.assertIn("no moved server runs", stop.reason)
        self.assertEqual(["start_stopped"], [one.phase for one in self.events("wait.expired")])

    def test_of_which_no_answer_came_is_lost_evidence_but_waited_for(self):
        case = self

        @dataclasses.dataclass(frozen=True)
        class Lose(StartStopped):
            def run(self, context):
                case.lose_answers_of("os-start")
                super().run(context)

        self.assertIsNone(self.move(*DEAD, Evacuate(), Lose()))
        lost = [one for one in self.events("harness.error") if "server.request" in one.lost]
        self.assertEqual(2, len(lost))
        self.assertEqual(2, len(self.moved))
