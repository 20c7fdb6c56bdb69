# SPDX-License-Identifier: Apache-2.0
"""Every judge on healthy records, and every way to break them: one judge fails, no other."""

from __future__ import annotations

import dataclasses
import unittest

from hypothesis import given, settings
from hypothesis import strategies as st

from migration_tests import judges
from migration_tests.record import words
from migration_tests.record.events import (
    DataRead,
    DisturbanceStarted,
    DomainsSeen,
    Gap,
    GuestMetadata,
    HostInspected,
    MigrationSeen,
    ProbeReport,
    Reading,
    RequestMade,
    ScenarioFinished,
    ScenarioPlanned,
    ScenarioStopped,
    ServerIntroduced,
    ServerSeen,
    ServerSnapshot,
    ServiceReported,
    ServiceSeen,
    WritesAcknowledged,
)
from migration_tests.record.verdicts import FAIL, PASS, SKIP, UNKNOWN, Verdict
from migration_tests.tests.unit import healthy_crash as crash
from migration_tests.tests.unit import healthy_live as live
from migration_tests.tests.unit import healthy_record as healthy
from migration_tests.tests.unit import healthy_refusal as refused
from migration_tests.tests.unit import healthy_rescue as rescued
from migration_tests.tests.unit import healthy_resize as resized
from migration_tests.tests.unit import healthy_snapshot as carried
from migration_tests.tests.unit import record_parts as parts
from migration_tests.tests.unit import test_stayed
from migration_tests.tests.unit.breakages import BREAKAGES
from migration_tests.tests.unit.breakages_of_identity import plain
from migration_tests.tests.unit.crash_breakages import CRASH_BREAKAGES
from migration_tests.tests.unit.healthy_plan import PHASES
from migration_tests.tests.unit.live_breakages import LIVE_BREAKAGES
from migration_tests.tests.unit.record_parts import (
    DESTINATION,
    OFF,
    SHR,
    SOURCE,
    VOL,
    Spoil,
    changed,
    ending,
    with_events,
    without,
)
from migration_tests.tests.unit.refusal_breakages import REFUSAL_BREAKAGES
from migration_tests.tests.unit.rescue_breakages import RESCUE_BREAKAGES
from migration_tests.tests.unit.resize_breakages import RESIZE_BREAKAGES
from migration_tests.tests.unit.snapshot_breakages import SNAPSHOT_BREAKAGES
from migration_tests.tests.unit.spoils import cut_short, domain

# The healthy records with their breakages: to be judged alike.
RECORDS = (
    (healthy, BREAKAGES),
    (crash, CRASH_BREAKAGES),
    (live, LIVE_BREAKAGES),
    (resized, RESIZE_BREAKAGES),
    (refused, REFUSAL_BREAKAGES),
    (rescued, RESCUE_BREAKAGES),
    (carried, SNAPSHOT_BREAKAGES),
)


def verdicts_of(*spoils: Spoil) -> list[Verdict]:
    events = parts.spoiled(healthy.healthy(), *spoils)
    return judges.judge(healthy.lines(events), healthy.SCENARIO)


def failing(verdicts: list[Verdict]) -> set[tuple[str, str | None]]:
    return {(v.judge, v.server) for v in verdicts if v.outcome == FAIL}


def not_passing(verdicts: list[Verdict]) -> list[Verdict]:
    """Return what did not pass though the question arises."""
    return [
        v for v in verdicts if v.outcome != PASS and not v.reason.startswith("not applicable: ")
    ]


def of(verdicts: list[Verdict], name: str, server: str | None = None) -> Verdict:
    found = [v for v in verdicts if v.judge == name and server in (None, v.server)]
    assert len(found) == 1, found
    return found[0]


class HealthyScenario(unittest.TestCase):
    def test_all_judges_pass_and_each_one_speaks(self):
        names = {judge.name for judge in judges.registered()}
        for record, _ in RECORDS:
            verdicts = judges.judge(record.lines(record.healthy()), record.SCENARIO)
            self.assertEqual([], not_passing(verdicts))
            self.assertEqual(names, {v.judge for v in verdicts})

    def test_every_judge_passes_in_one_of_them(self):
        passed = set()
        for record, _ in RECORDS:
            for verdict in judges.judge(record.lines(record.healthy()), record.SCENARIO):
                passed |= {verdict.judge} if verdict.outcome == PASS else set()
        # That these pass a whole scenario in memory is held where they are broken.
        passed |= {judge for *_, judge, _, _ in test_stayed.BROKEN}
        self.assertEqual({judge.name for judge in judges.registered()}, passed)

    def test_every_pass_points_at_its_evidence_and_says_what_it_found(self):
        for record, _ in RECORDS:
            for verdict in judges.judge(record.lines(record.healthy()), record.SCENARIO):
                with self.subTest(verdict.judge):
                    self.assertTrue(verdict.expected)
                    self.assertTrue(verdict.outcome != PASS or verdict.evidence)
                    self.assertTrue(verdict.outcome != PASS or verdict.found)

    def test_the_judges_that_apply_to_the_plan_are_those_that_speak(self):
        for record, _ in RECORDS:
            verdicts = judges.judge(record.lines(record.healthy()), record.SCENARIO)
            spoke = {v.judge for v in verdicts if v.outcome == PASS}
            self.assertEqual(set(judges.applying(record.plan())), spoke)

    def test_every_step_that_stops_is_held_against_one_judge_at_most(self):
        owners = [step for one in judges.registered() for step in one.steps]
        self.assertEqual(sorted(set(owners)), sorted(owners))

    def test_an_unacknowledged_write_may_be_there_or_not(self):
        for last in (100, 101, 500):
            spoil = changed(DataRead, {"intact": ((1, last),)}, server=VOL, moment=words.RUNNING)
            self.assertEqual(set(), failing(verdicts_of(spoil)))

    def test_a_damaged_record_that_was_never_acknowledged_is_fine(self):
        values = {"intact": ((1, 100),), "damaged": (101,)}
        spoil = changed(DataRead, values, server=VOL, moment=words.RUNNING)
        self.assertEqual(set(), failing(verdicts_of(spoil)))

    def test_a_dead_host_that_is_believed_alive_for_a_while_has_not_come_back(self):
        believed = healthy.service("up", status="disabled")
        verdicts = verdicts_of(
            with_events((103.5, believed)),
            without(ServiceReported),
            without(ServiceSeen, state="up", forced_down=False, status="enabled"),
            with_events((20, healthy.service("up"))),
        )
        self.assertEqual({("host_recovered", None)}, failing(verdicts))

    def test_a_disk_in_a_folder_that_both_hosts_look_into_is_no_leftover(self):
        folder = {"disks": ((SHR, "/disk"),), "marks": ((SHR, "7 1.5"), (SHR, "8 2.5"))}
        others = parts.marks(DESTINATION, set(healthy.SUBJECTS) - {SHR})
        there = {"marks": ((SHR, "7 1.5"), (SHR, "8 9.5"), *others)}
        verdicts = verdicts_of(
            changed(HostInspected, folder, host=SOURCE, moment=words.RETURNED),
            changed(HostInspected, there, host=DESTINATION),
        )
        self.assertEqual([], not_passing(verdicts))
        self.assertIn("share", of(verdicts, "source_without_disk", SHR).found)

    def test_a_server_without_lock_and_config_drive_is_fine_if_it_stays_so(self):
        verdicts = verdicts_of(*plain(VOL))
        self.assertEqual([], not_passing(verdicts))
        for judge in ("lock_kept", "config_drive_kept"):
            self.assertEqual(PASS, of(verdicts, judge, VOL).outcome)

    def test_a_server_outside_all_groups_and_zones_is_not_asked_for_its_own(self):
        values = {"given": (words.LOCK, words.CONFIG_DRIVE), "zone": None}
        verdicts = verdicts_of(
            changed(ServerIntroduced, values, server=VOL),
            changed(ServerSnapshot, {"server_groups": ()}, server=VOL),
            changed(ServerSnapshot, {"availability_zone": "x"}, server=VOL, moment=words.MOVED),
        )
        self.assertEqual([], not_passing(verdicts))
        for judge in ("server_group_kept", "availability_zone_kept"):
            self.assertEqual(SKIP, of(verdicts, judge, VOL).outcome)

    def test_a_config_drive_that_the_guest_may_not_read_is_the_clouds_word(self):
        verdicts = verdicts_of(changed(GuestMetadata, {"drive": None}, server=VOL))
        self.assertIn("never readable", of(verdicts, "config_drive_kept", VOL).found)
        verdicts = verdicts_of(
            changed(GuestMetadata, {"drive": None}, server=VOL, moment=words.BEFORE)
        )
        self.assertEqual(UNKNOWN, of(verdicts, "config_drive_kept", VOL).outcome)

    def test_what_is_acknowledged_while_an_image_is_asked_for_may_be_on_the_copy_or_not(self):
        acknowledged = WritesAcknowledged(server=VOL, first=41, last=45)
        later = changed(WritesAcknowledged, {"first": 46}, server=VOL, first=41)
        for last in (40, 43, 45):
            read = changed(DataRead, {"intact": ((1, last),)}, server=carried.copy_of(VOL))
            spoils = (later, with_events((59.5, acknowledged)), read)
            events = parts.spoiled(carried.healthy(), *spoils)
            verdicts = judges.judge(carried.lines(events), carried.SCENARIO)
            self.assertEqual([], not_passing(verdicts))

    def test_missed_task_states_are_fine(self):
        for state in ("rebuilding", "rebuild_spawning", "powering-off", "powering-on"):
            self.assertEqual(set(), failing(verdicts_of(without(ServerSeen, task_state=state))))

    def test_an_older_api_that_leaves_the_server_running_is_fine(self):
        active = {"end": words.ACTIVE}
        plan = healthy.plan()
        servers = tuple(
            dataclasses.replace(
                one, expected=tuple(dataclasses.replace(e, **active) for e in one.expected)
            )
            for one in plan.servers
        )
        introduced = [
            changed(
                type(healthy.introduced(server, SOURCE)),
                {"expected": (dataclasses.replace(healthy.EXPECTED[server], **active),)},
                server=server,
            )
            for server in healthy.SUBJECTS
        ]
        verdicts = verdicts_of(
            changed(ScenarioPlanned, {"servers": servers}),
            *introduced,
            without(RequestMade, request="start"),
            without(ServerSeen, task_state="powering-off"),
            without(ServerSeen, task_state="powering-on"),
            without(ServerSeen, status="SHUTOFF"),
            changed(ServerSnapshot, {"status": "ACTIVE"}, moment=words.MOVED),
            changed(
                DomainsSeen,
                {"domains": parts.domains(healthy.ALL_RUN)},
                host=DESTINATION,
                t_first_began=116,
            ),
        )
        self.assertEqual([], not_passing(verdicts))


class BrokenScenario(unittest.TestCase):
    def test_exactly_one_judge_fails_whatever_breaks_and_none_is_left_in_doubt(self):
        for record, breakages in RECORDS:
            for what, (spoils, name, servers) in breakages.items():
                with self.subTest(what):
                    events = parts.spoiled(record.healthy(), *spoils)
                    verdicts = judges.judge(record.lines(events), record.SCENARIO)
                    wanted = servers if isinstance(servers, tuple) else (servers,)
                    self.assertEqual({(name, server) for server in wanted}, failing(verdicts))
                    self.assertEqual([], [v for v in verdicts if v.outcome == UNKNOWN])

    def test_whoever_does_not_pass_says_why_in_a_sentence(self):
        begins = ("not judged: ", "not applicable: ", "not planned: ")
        for record, breakages in RECORDS:
            for what, (spoils, _, _) in breakages.items():
                events = parts.spoiled(record.healthy(), *spoils)
                for verdict in judges.judge(record.lines(events), record.SCENARIO):
                    if verdict.outcome == SKIP:
                        self.assertTrue(verdict.reason.startswith(begins), (what, verdict))
                    if verdict.outcome != PASS:
                        self.assertGreater(len(verdict.reason), 10, (what, verdict))

    def test_whatever_follows_names_the_judge_that_failed(self):
        for record, breakages in RECORDS:
            for what, (spoils, name, _) in breakages.items():
                events = parts.spoiled(record.healthy(), *spoils)
                for verdict in judges.judge(record.lines(events), record.SCENARIO):
                    if verdict.outcome == SKIP and verdict.reason.startswith("not judged: "):
                        self.assertIn(name, verdict.reason, what)

    def test_every_judge_is_seen_to_fail(self):
        failed = {name for _, breakages in RECORDS for _, name, _ in breakages.values()}
        # These break a record of a whole scenario run in memory.
        failed |= {judge for *_, judge, outcome, _ in test_stayed.BROKEN if outcome == FAIL}
        self.assertEqual({judge.name for judge in judges.registered()}, failed)

    def test_the_source_that_cleans_up_nothing_fails_one_judge_for_all_servers(self):
        verdicts = verdicts_of(
            without(MigrationSeen, status="completed"),
            *(domain(SOURCE, server, OFF) for server in healthy.SUBJECTS),
            without(ServiceSeen, state="up", forced_down=False),
            with_events(
                (
                    161.5,
                    ScenarioStopped(
                        phase="await_clean_up",
                        cause=words.CLOUD,
                        reason="the migration records stay done",
                    ),
                )
            ),
        )
        self.assertEqual(
            {("clean_up_completed", server) for server in healthy.SUBJECTS}, failing(verdicts)
        )
        self.assertIn("its domain", of(verdicts, "clean_up_completed", SHR).reason)
        self.assertEqual(SKIP, of(verdicts, "host_given_back").outcome)

    def test_the_other_servers_are_judged_when_one_is_not_evacuated(self):
        spoils, _, _ = BREAKAGES["the evacuation ends in error"]
        verdicts = verdicts_of(*spoils)
        self.assertEqual(SKIP, of(verdicts, "ssh_answers", SHR).outcome)
        self.assertEqual(PASS, of(verdicts, "ssh_answers", VOL).outcome)
        self.assertEqual(PASS, of(verdicts, "host_given_back").outcome)


class UnclearScenario(unittest.TestCase):
    def test_one_witness_alone_proves_nothing(self):
        readings = (
            Reading(witness="bmc", says="dead", driver="ipmi", t_mono=101.0),
            Reading(witness="ssh", says="dead", t_mono=101.0),
            Reading(witness="ping", says="unknown", t_mono=101.0),
        )
        verdicts = verdicts_of(changed(DisturbanceStarted, {"readings": readings}))
        self.assertEqual(UNKNOWN, of(verdicts, "host_died").outcome)
        self.assertEqual(SKIP, of(verdicts, "evacuation_completed", VOL).outcome)
        self.assertIn("host_died", of(verdicts, "evacuation_completed", VOL).reason)
        self.assertEqual(set(), failing(verdicts))

    def test_what_witnesses_saw_before_the_fault_proves_nothing(self):
        readings = tuple(
            Reading(witness=name, says="dead", t_mono=99.0) for name in ("ssh", "ping", "tcp")
        )
        verdicts = verdicts_of(changed(DisturbanceStarted, {"readings": readings}))
        self.assertEqual(UNKNOWN, of(verdicts, "host_died").outcome)

    def gap(self, *gaps: Gap) -> Verdict:
        longest = max(gap.t_end - gap.t_start for gap in gaps)
        verdicts = verdicts_of(changed(ProbeReport, {"longest": longest, "gaps": gaps}))
        return of(verdicts, "bystander_undisturbed")

    def test_a_gap_about_as_long_as_allowed_is_neither_pass_nor_fail(self):
        verdict = self.gap(Gap(t_start=110, t_end=111.005, error=0.01))
        self.assertEqual(UNKNOWN, verdict.outcome)

    def test_a_gap_with_an_error_of_its_own_is_judged_by_that(self):
        verdict = self.gap(Gap(t_start=110, t_end=111.005, error=0.001))
        self.assertEqual(FAIL, verdict.outcome)
        verdict = self.gap(Gap(t_start=110, t_end=110.995, error=0.001))
        self.assertEqual(PASS, verdict.outcome)

    def test_a_gap_before_the_disturbance_is_not_held_against_it(self):
        verdict = self.gap(Gap(t_start=80, t_end=83, error=0.01))
        self.assertEqual(PASS, verdict.outcome)

    def test_a_gap_like_those_before_the_disturbance_proves_nothing(self):
        before = Gap(t_start=80, t_end=83, error=0.01)
        verdict = self.gap(before, Gap(t_start=110, t_end=112, error=0.01))
        self.assertEqual(UNKNOWN, verdict.outcome)
        self.assertIn("before anything was done, too", verdict.reason)

    def test_a_probe_that_began_after_the_disturbance_tells_nothing(self):
        values = {"t_start": 150.0, "sent": 3000, "answered": 3000}
        verdicts = verdicts_of(changed(ProbeReport, values))
        self.assertEqual(UNKNOWN, of(verdicts, "bystander_undisturbed").outcome)

    def test_a_probe_whose_report_contradicts_itself_tells_nothing(self):
        for values in (
            {"sent": 20000, "answered": 9999},
            {"answered": 10001},
            {"longest": 3.0},
            {"gaps": (Gap(t_start=110, t_end=110.5, error=0.01),)},
            {"gaps": (Gap(t_start=110, t_end=109, error=0.01),), "longest": -1.0},
        ):
            verdicts = verdicts_of(changed(ProbeReport, values))
            verdict = of(verdicts, "bystander_undisturbed")
            self.assertEqual(UNKNOWN, verdict.outcome, values)
            self.assertIn("contradicts itself", verdict.reason)


class IncompleteRecord(unittest.TestCase):
    def test_of_a_healthy_scenario_that_breaks_off_anywhere_fails_nobody(self):
        for record, _ in RECORDS:
            events = record.healthy()
            for length in range(0, len(events), 2):
                lines = record.lines(events[:length])
                verdicts = judges.judge(lines, record.SCENARIO)
                self.assertEqual(set(), failing(verdicts), events[length - 1])

    def test_of_a_healthy_scenario_in_which_the_harness_stops_anywhere_fails_nobody(self):
        end = ScenarioFinished(complete=False)
        for t in range(0, 190, 2):
            phase = [name for name, begun in PHASES.items() if begun <= t][-1]
            stop = ScenarioStopped(phase=phase, cause=words.HARNESS, reason="KeyError: 'x'")
            self.assertEqual(set(), failing(verdicts_of(ending(t, stop, end))), t)
            recovery = [(at, event) for at, event in healthy.healthy() if at > max(t, 138)]
            verdicts = verdicts_of(ending(t, stop), with_events(*recovery[:-1], (190, end)))
            self.assertEqual(set(), failing(verdicts), t)

    def test_of_a_scenario_that_stopped_is_never_all_well(self):
        for t, phase in ((20, "boot"), (105, "mark_down"), (170, "inspect_hosts")):
            verdicts = verdicts_of(cut_short(t, phase, "it did not come"))
            self.assertTrue(any(v.outcome in (FAIL, UNKNOWN) for v in verdicts), phase)

    @settings(max_examples=60, deadline=None)
    @given(st.sets(st.integers(0, len(healthy.healthy()) - 1), max_size=60))
    def test_whatever_is_missing_confuses_no_judge(self, missing):
        events = [e for index, e in enumerate(healthy.healthy()) if index not in missing]
        for verdict in judges.judge(healthy.lines(events), healthy.SCENARIO):
            self.assertNotIn("the judge itself failed", verdict.reason)

    def test_what_is_missing_is_never_called_not_planned(self):
        for record, _ in RECORDS:
            events = record.healthy()
            for kind in {type(event) for _, event in events} - {ScenarioPlanned}:
                left = without(kind)(events)
                for verdict in judges.judge(record.lines(left), record.SCENARIO):
                    self.assertNotIn("not planned", verdict.reason, kind.__name__)
