# SPDX-License-Identifier: Apache-2.0
"""Every judge on a healthy record, and every way to break it: one judge fails, no other."""

from __future__ import annotations

import unittest

from hypothesis import given, settings
from hypothesis import strategies as st

from migration_tests.judges import JUDGES, judge
from migration_tests.record import words
from migration_tests.record.events import (
    DataRead,
    Gap,
    HostInspected,
    HostKilled,
    MigrationSeen,
    ProbeReport,
    Reading,
    RequestMade,
    ServerSeen,
    ServiceReported,
    ServiceSeen,
)
from migration_tests.record.story_events import StoryFinished, StoryStopped
from migration_tests.record.verdicts import FAIL, PASS, SKIP, UNKNOWN, Verdict
from migration_tests.tests.unit import told_story as told
from migration_tests.tests.unit.breakages import BREAKAGES, stopped
from migration_tests.tests.unit.told_story import (
    DESTINATION,
    EPH,
    SHR,
    SOURCE,
    VOL,
    Spoil,
    changed,
    ending,
    with_events,
    without,
)


def verdicts_of(*spoils: Spoil) -> list[Verdict]:
    events = told.healthy()
    for spoil in spoils:
        events = spoil(events)
    return judge(told.lines(events), told.STORY)


def failing(verdicts: list[Verdict]) -> set[tuple[str, str | None]]:
    return {(v.judge, v.server) for v in verdicts if v.outcome == FAIL}


def of(verdicts: list[Verdict], name: str, server: str | None = None) -> Verdict:
    found = [v for v in verdicts if v.judge == name and server in (None, v.server)]
    assert len(found) == 1, found
    return found[0]


class HealthyStory(unittest.TestCase):
    def test_all_judges_pass_and_each_one_speaks(self):
        verdicts = verdicts_of()
        self.assertEqual([], [v for v in verdicts if v.outcome != PASS])
        self.assertEqual([j.name for j in JUDGES], list(dict.fromkeys(v.judge for v in verdicts)))

    def test_every_pass_points_at_its_evidence_and_says_what_it_found(self):
        for verdict in verdicts_of():
            with self.subTest(verdict.judge):
                self.assertTrue(verdict.evidence)
                self.assertTrue(verdict.expected)
                self.assertTrue(verdict.found)

    def test_judges_stand_after_those_they_need(self):
        known: set[str] = set()
        for one in JUDGES:
            self.assertLessEqual({*one.needs, *one.excused_by}, known, one.name)
            known.add(one.name)

    def test_every_phase_is_held_against_exactly_one_judge(self):
        owners = [phase for one in JUDGES for phase in one.phases]
        self.assertEqual(sorted(words.PHASES), sorted(owners))

    def test_an_unacknowledged_write_may_be_there_or_not(self):
        for last in (100, 101, 500):
            spoil = changed(DataRead, {"intact": ((1, last),)}, server=VOL, moment=words.STARTED)
            self.assertEqual(set(), failing(verdicts_of(spoil)))

    def test_a_damaged_record_that_was_never_acknowledged_is_fine(self):
        spoil = changed(
            DataRead,
            {"intact": ((1, 100),), "damaged": (101,)},
            server=VOL,
            moment=words.STARTED,
        )
        self.assertEqual(set(), failing(verdicts_of(spoil)))

    def test_a_dead_host_that_is_believed_alive_for_a_while_has_not_come_back(self):
        believed = told.service("up", status="disabled")
        verdicts = verdicts_of(
            with_events((103.5, believed)),
            without(ServiceReported),
            without(ServiceSeen, state="up", forced_down=False, status="enabled"),
            with_events((20, told.service("up"))),
        )
        self.assertEqual({("host_recovered", None)}, failing(verdicts))

    def test_a_disk_in_a_folder_that_both_hosts_look_into_is_no_leftover(self):
        folder = {"disks": ((SHR, "/disk"),), "marks": ((SHR, "7 1.5"), (SHR, "8 2.5"))}
        verdicts = verdicts_of(
            changed(HostInspected, folder, host=SOURCE),
            changed(HostInspected, {"marks": ((SHR, "7 1.5"), (SHR, "8 9.5"))}, host=DESTINATION),
        )
        self.assertEqual([], [v for v in verdicts if v.outcome != PASS])
        self.assertIn("share", of(verdicts, "source_without_disk", SHR).found)

    def test_missed_task_states_are_fine(self):
        for state in ("rebuilding", "rebuild_spawning", "powering-off", "powering-on"):
            self.assertEqual(set(), failing(verdicts_of(without(ServerSeen, task_state=state))))

    def test_an_older_api_that_leaves_the_server_running_is_fine(self):
        verdicts = verdicts_of(
            without(RequestMade, request="start"),
            without(ServerSeen, task_state="powering-off"),
            without(ServerSeen, task_state="powering-on"),
            without(ServerSeen, status="SHUTOFF"),
        )
        self.assertEqual([], [v for v in verdicts if v.outcome != PASS])


class BrokenStory(unittest.TestCase):
    def test_exactly_one_judge_fails_whatever_breaks(self):
        for what, (spoils, name, server) in BREAKAGES.items():
            with self.subTest(what):
                verdicts = verdicts_of(*spoils)
                self.assertEqual({(name, server)}, failing(verdicts))
                for verdict in verdicts:
                    self.assertNotEqual(UNKNOWN, verdict.outcome, verdict)

    def test_whoever_does_not_pass_says_why_in_a_sentence(self):
        for what, (spoils, _, _) in BREAKAGES.items():
            for verdict in verdicts_of(*spoils):
                if verdict.outcome == SKIP:
                    self.assertTrue(verdict.reason.startswith("not judged: "), (what, verdict))
                if verdict.outcome != PASS:
                    self.assertGreater(len(verdict.reason), 10, (what, verdict))

    def test_every_judge_is_seen_to_fail(self):
        self.assertEqual({j.name for j in JUDGES}, {name for _, name, _ in BREAKAGES.values()})

    def test_the_source_that_cleans_up_nothing_fails_one_judge_for_all_servers(self):
        verdicts = verdicts_of(
            without(MigrationSeen, status="completed"),
            changed(HostInspected, {"domains": (VOL, SHR, EPH)}, host=SOURCE),
            without(ServiceSeen, state="up", forced_down=False),
            stopped(172, words.CLEAN_UP, "the migration records stay done"),
        )
        self.assertEqual(
            {("clean_up_completed", server) for server in (VOL, SHR, EPH)}, failing(verdicts)
        )
        self.assertIn("its domain", of(verdicts, "clean_up_completed", SHR).reason)
        self.assertEqual(SKIP, of(verdicts, "host_given_back").outcome)

    def test_the_other_servers_are_judged_when_one_is_not_evacuated(self):
        spoils, _, _ = BREAKAGES["the evacuation ends in error"]
        verdicts = verdicts_of(*spoils)
        self.assertEqual(SKIP, of(verdicts, "ssh_answers", SHR).outcome)
        self.assertEqual(PASS, of(verdicts, "ssh_answers", VOL).outcome)
        self.assertEqual(PASS, of(verdicts, "host_given_back").outcome)


class UnclearStory(unittest.TestCase):
    def test_one_witness_alone_proves_nothing(self):
        spoil = changed(
            HostKilled,
            {
                "verdict": "unknown",
                "readings": (
                    Reading(witness="ipmi", says="dead", driver="ipmi"),
                    Reading(witness="ssh", says="dead"),
                    Reading(witness="ping", says="unknown"),
                ),
            },
        )
        verdicts = verdicts_of(spoil)
        self.assertEqual(UNKNOWN, of(verdicts, "host_died").outcome)
        self.assertEqual(SKIP, of(verdicts, "evacuation_completed", VOL).outcome)
        self.assertEqual(set(), failing(verdicts))

    def gap(self, *gaps: Gap) -> Verdict:
        longest = max(gap.t_end - gap.t_start for gap in gaps)
        verdicts = verdicts_of(changed(ProbeReport, {"longest": longest, "gaps": gaps}))
        return of(verdicts, "bystander_undisturbed")

    def test_a_gap_about_as_long_as_allowed_is_neither_pass_nor_fail(self):
        verdict = self.gap(Gap(t_start=110, t_end=111.005))
        self.assertEqual(UNKNOWN, verdict.outcome)

    def test_a_gap_with_an_error_of_its_own_is_judged_by_that(self):
        verdict = self.gap(Gap(t_start=110, t_end=111.005, error=0.001))
        self.assertEqual(FAIL, verdict.outcome)
        verdict = self.gap(Gap(t_start=110, t_end=110.995, error=0.001))
        self.assertEqual(PASS, verdict.outcome)

    def test_a_gap_before_the_disaster_is_not_held_against_it(self):
        verdict = self.gap(Gap(t_start=80, t_end=83))
        self.assertEqual(PASS, verdict.outcome)

    def test_a_gap_like_those_before_the_disaster_proves_nothing(self):
        verdict = self.gap(Gap(t_start=80, t_end=83), Gap(t_start=110, t_end=112))
        self.assertEqual(UNKNOWN, verdict.outcome)
        self.assertIn("before the disaster, too", verdict.reason)

    def test_a_probe_that_slept_through_the_disaster_tells_nothing(self):
        verdicts = verdicts_of(changed(ProbeReport, {"t_start": 150.0}))
        self.assertEqual(UNKNOWN, of(verdicts, "bystander_undisturbed").outcome)


class IncompleteRecord(unittest.TestCase):
    def test_of_a_healthy_story_that_breaks_off_anywhere_fails_nobody(self):
        events = told.healthy()
        for length in range(len(events)):
            verdicts = judge(told.lines(events[:length]), told.STORY)
            self.assertEqual(set(), failing(verdicts), events[length - 1])

    def test_of_a_healthy_story_in_which_the_harness_stops_anywhere_fails_nobody(self):
        for t in range(181):
            phase = [phase for phase, begun in told.PHASES.items() if begun <= t][-1]
            stop = StoryStopped(phase=phase, cause=words.HARNESS, reason="KeyError: 'x'")
            end = StoryFinished(complete=False)
            self.assertEqual(set(), failing(verdicts_of(ending(t, stop, end))), t)
            healed = [(at, event) for at, event in told.healthy() if at > max(t, 138)]
            verdicts = verdicts_of(ending(t, stop), with_events(*healed[:-1], (181, end)))
            self.assertEqual(set(), failing(verdicts), t)

    @settings(max_examples=60, deadline=None)
    @given(st.sets(st.integers(0, len(told.healthy()) - 1), max_size=40))
    def test_whatever_is_missing_confuses_no_judge(self, missing):
        events = [event for index, event in enumerate(told.healthy()) if index not in missing]
        for verdict in judge(told.lines(events), told.STORY):
            self.assertNotIn("the judge itself failed", verdict.reason)
