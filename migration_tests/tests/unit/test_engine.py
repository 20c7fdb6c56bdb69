# SPDX-License-Identifier: Apache-2.0
"""The rules that hold for all judges: whose doing missing evidence is, and who is not asked."""

from __future__ import annotations

import unittest

from migration_tests import judges
from migration_tests.record import words
from migration_tests.record.events import (
    DataRead,
    DisturbanceStarted,
    HarnessError,
    MoveRequested,
    ProbeReport,
    ScenarioFinished,
    ScenarioPlanned,
    ScenarioSkipped,
    ScenarioStopped,
    ServerIntroduced,
    ServiceReported,
)
from migration_tests.record.history import parse
from migration_tests.record.verdicts import FAIL, PASS, SKIP, UNKNOWN
from migration_tests.tests.unit import healthy_record as healthy
from migration_tests.tests.unit import record_parts as parts
from migration_tests.tests.unit.breakages import BREAKAGES
from migration_tests.tests.unit.healthy_plan import PHASES
from migration_tests.tests.unit.record_parts import (
    BYS,
    VOL,
    ending,
    mapped,
    with_events,
    without,
)
from migration_tests.tests.unit.spoils import no_ssh, port_of


def verdicts(*spoils):
    events = parts.spoiled(healthy.healthy(), *spoils)
    return judges.judge(healthy.lines(events), healthy.SCENARIO)


def outcomes(name, *spoils):
    return [v for v in verdicts(*spoils) if v.judge == name]


def stop(phase, reason="it did not come", cause=words.CLOUD):
    return ScenarioStopped(phase=phase, cause=cause, reason=reason)


class MissingEvidence(unittest.TestCase):
    def test_that_was_planned_and_is_not_there_is_unknown(self):
        (verdict,) = outcomes("bystander_undisturbed", without(ProbeReport))
        self.assertEqual(UNKNOWN, verdict.outcome)
        self.assertIn("no report of the probe", verdict.reason)
        self.assertIn("though it was to be recorded", verdict.reason)

    def test_that_was_not_planned_is_skipped_with_these_words(self):
        def unplan(plan):
            phases = tuple(
                parts.phase(
                    phase.name,
                    phase.doing,
                    *(one for one in phase.produces if one != "probe.report"),
                )
                for phase in plan.phases
            )
            return type(plan)(**{**vars(plan), "phases": phases})

        spoil = mapped(ScenarioPlanned, unplan)
        (verdict,) = outcomes("bystander_undisturbed", spoil, without(ProbeReport))
        self.assertEqual(SKIP, verdict.outcome)
        self.assertEqual("not planned: the scenario does not record probe.report", verdict.reason)

    def test_names_our_own_failure_that_lost_it(self):
        error = HarnessError(
            where="observers.probe", error="OSError: no socket", lost=("probe.report",)
        )
        (verdict,) = outcomes(
            "bystander_undisturbed", without(ProbeReport), with_events((60, error))
        )
        self.assertEqual(UNKNOWN, verdict.outcome)
        self.assertIn("no socket", verdict.reason)

    def test_does_not_name_a_failure_that_concerns_another_server(self):
        error = HarnessError(where="x", error="a socket", lost=("data.read",), server=BYS)
        found = outcomes(
            "acknowledged_writes_present",
            without(DataRead, server=VOL),
            with_events((60, error)),
        )
        (verdict,) = [v for v in found if v.server == VOL]
        self.assertEqual(UNKNOWN, verdict.outcome)
        self.assertNotIn("a socket", verdict.reason)

    def test_is_unknown_when_the_harness_stopped_the_scenario(self):
        end = ScenarioFinished(complete=False)
        halt = stop("reconnect", "KeyError: 'x'", words.HARNESS)
        found = verdicts(ending(129, halt, end))
        self.assertNotIn(FAIL, {v.outcome for v in found})
        started = [v for v in found if v.judge == "server_started"]
        self.assertEqual({UNKNOWN}, {v.outcome for v in started})
        self.assertIn("KeyError", started[0].reason)
        ssh = [v for v in found if v.judge == "ssh_answers" and v.server]
        self.assertEqual({SKIP}, {v.outcome for v in ssh})
        self.assertIn("not known whether the moved server runs again", ssh[0].reason)

    def test_is_unknown_when_the_record_breaks_off(self):
        found = outcomes("server_started", ending(129))
        self.assertEqual({UNKNOWN}, {v.outcome for v in found})
        self.assertIn("breaks off while logging in", found[0].reason)

    def test_is_unknown_when_lines_cannot_be_read(self):
        events = without(ProbeReport)(healthy.healthy())
        lines = healthy.lines(events) + parse([b"{torn"], 900)
        found = judges.judge(lines, healthy.SCENARIO)
        (verdict,) = [v for v in found if v.judge == "bystander_undisturbed"]
        self.assertEqual(UNKNOWN, verdict.outcome)
        self.assertEqual((900,), verdict.evidence)

    def test_torn_lines_do_not_spoil_what_is_well_proved(self):
        lines = healthy.lines(healthy.healthy()) + parse([b"{torn"], 900)
        found = judges.judge(lines, healthy.SCENARIO)
        self.assertEqual(set(), {v.outcome for v in found} & {FAIL, UNKNOWN})

    def test_an_earlier_look_does_not_stand_for_the_last_one(self):
        spoil = without(type(parts.snapshot(VOL, "x", "y")), server=VOL, moment=words.RETURNED)
        for name in ("name_kept", "port_bound", "landed_elsewhere"):
            (verdict,) = [v for v in outcomes(name, spoil) if v.server == VOL]
            self.assertNotEqual(PASS, verdict.outcome, name)


class AScenarioThatStopped(unittest.TestCase):
    def test_is_held_against_the_judge_of_the_step(self):
        for phase, name in (
            ("mark_down", "service_seen_down"),
            ("start_stopped", "server_started"),
            ("power_on", "host_recovered"),
            ("give_back", "host_given_back"),
            ("hard_reboot", "hard_reboot_survived"),
        ):
            t = PHASES[phase] + 0.1
            found = outcomes(name, with_events((t, stop(phase))))
            (whole,) = [v for v in found if v.server is None]
            self.assertEqual((FAIL, "it did not come"), (whole.outcome, whole.reason), phase)

    def test_is_unknown_to_the_judge_of_the_step_when_it_was_our_own_doing(self):
        t = PHASES["power_on"] + 0.1
        halt = stop("power_on", "KeyError", words.HARNESS)
        (verdict,) = outcomes("host_recovered", with_events((t, halt)))
        self.assertEqual((UNKNOWN, "KeyError"), (verdict.outcome, verdict.reason))

    def test_in_a_recovery_step_too_is_held_against_both(self):
        spoils = BREAKAGES["no evacuation ends and the scenario stops there"][0]
        more = (without(ServiceReported), with_events((150, stop("power_on", "no report"))))
        found = verdicts(*spoils, *more)
        failing = {v.judge for v in found if v.outcome == FAIL}
        self.assertEqual({"evacuation_completed", "host_recovered"}, failing)

    def test_is_named_by_what_it_kept_from_being_recorded(self):
        spoils = BREAKAGES["none was logged in to and the scenario stops there"][0]
        found = verdicts(*spoils)
        for name in ("acknowledged_writes_present", "hard_reboot_survived"):
            for verdict in (v for v in found if v.judge == name):
                self.assertEqual(SKIP, verdict.outcome)
                self.assertIn("ssh_answers failed: no address leads", verdict.reason)

    def test_in_a_step_that_nobody_answers_for_leaves_what_is_missing_unknown(self):
        def rename(plan):
            phases = tuple(
                type(phase)(**{**vars(phase), "step": "paint"})
                if phase.name == "reconnect"
                else phase
                for phase in plan.phases
            )
            return type(plan)(**{**vars(plan), "phases": phases})

        spoils = BREAKAGES["none was logged in to and the scenario stops there"][0]
        found = verdicts(*spoils, mapped(ScenarioPlanned, rename))
        ssh = [v for v in found if v.judge == "ssh_answers"]
        self.assertEqual({UNKNOWN}, {v.outcome for v in ssh})
        self.assertIn("no address leads to a server", ssh[0].reason)

    def test_is_put_down_to_the_failure_that_explains_it(self):
        # The lab, broken on purpose: the binding of a port was taken away after the evacuation.
        server = parts.SHR
        found = verdicts(
            *BREAKAGES["the evacuated server cannot be started"][0],
            port_of(server, host=None),
            no_ssh(server),
        )
        failing = {(v.judge, v.server) for v in found if v.outcome == FAIL}
        self.assertEqual({("port_bound", server)}, failing)
        (started,) = [v for v in found if v.judge == "server_started" and v.server == server]
        self.assertEqual(SKIP, started.outcome)
        self.assertIn("port_bound, which failed", started.reason)
        for name in ("source_without_domain", "source_without_disk", "source_without_allocation"):
            (verdict,) = [v for v in found if v.judge == name and v.server == server]
            self.assertEqual(PASS, verdict.outcome, name)


class WholeScenario(unittest.TestCase):
    def test_that_was_not_run_skips_every_judge_with_the_reason(self):
        lines = healthy.lines([(0, ScenarioSkipped(reason="no host may be disturbed"))])
        found = judges.judge(lines, healthy.SCENARIO)
        self.assertEqual([j.name for j in judges.registered()], [v.judge for v in found])
        self.assertEqual({SKIP}, {v.outcome for v in found})
        self.assertIn("not run: no host may be disturbed", found[0].reason)

    def test_that_disturbed_a_host_was_run_whatever_it_says(self):
        skip = ScenarioSkipped(reason="no host may be disturbed")
        found = verdicts(with_events((189, skip)))
        self.assertEqual({PASS}, {v.outcome for v in found if v.judge == "ssh_answers"})
        for kind in (MoveRequested, DisturbanceStarted):
            found = verdicts(with_events((189, skip)), without(kind))
            self.assertIn(UNKNOWN, {v.outcome for v in found}, kind.__name__)

    def test_without_a_plan_is_known_to_nobody(self):
        found = verdicts(without(ScenarioPlanned))
        self.assertEqual({UNKNOWN}, {v.outcome for v in found})
        self.assertIn("plan of the scenario", found[0].reason)

    def test_without_ephemeral_servers_skips_their_judge_and_says_so(self):
        def fewer(plan):
            kept = tuple(one for one in plan.servers if one.storage != words.EPHEMERAL)
            return type(plan)(**{**vars(plan), "servers": kept})

        (verdict,) = outcomes(
            "ephemeral_disk_pristine",
            without(ServerIntroduced, storage=words.EPHEMERAL),
            mapped(ScenarioPlanned, fewer),
        )
        self.assertEqual(SKIP, verdict.outcome)
        self.assertRegex(verdict.reason, "^not applicable: there is no server on ephemeral")

    def test_with_a_planned_server_that_never_came_to_be_is_not_all_well(self):
        spoil = without(ServerIntroduced, storage=words.EPHEMERAL)
        (whole,) = [v for v in outcomes("servers_ready", spoil) if v.server is None]
        self.assertEqual(UNKNOWN, whole.outcome)
        self.assertIn("server that the scenario was to boot", whole.reason)
        (pristine,) = outcomes("ephemeral_disk_pristine", spoil)
        self.assertIn("it is not known whether", pristine.reason)

    def test_of_another_name_is_not_mixed_in(self):
        events = healthy.healthy()
        lines = healthy.lines(events, "other") + healthy.lines(events)
        found = judges.judge(lines, healthy.SCENARIO)
        self.assertEqual(set(), {v.outcome for v in found} & {FAIL, UNKNOWN})
        self.assertEqual({healthy.SCENARIO}, {v.scenario for v in found})
