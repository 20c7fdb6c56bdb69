# SPDX-License-Identifier: Apache-2.0
"""Records of real runs are judged today as they were then, those of an earlier form too.

Key, outcome and measures must be the same, but for what is listed here, each with its reason.
"""

from __future__ import annotations

import unittest

from migration_tests import judges
from migration_tests.judges.document import build
from migration_tests.record import history
from migration_tests.record.earlier_uuids import EARLIER_UUIDS, SCENARIOS
from migration_tests.record.events import ScenarioPlanned, TestsPlanned
from migration_tests.record.verdicts import PASS, SKIP
from migration_tests.tests.unit.recorded_runs import (
    COMPOSED,
    EARLIER,
    FOLDER,
    HISTORIES,
    judged,
    judged_before,
    read,
)

# Judges that there were not before scenarios were composed of steps.
NEW = {
    "action_succeeded",
    "decision_completed",
    "availability_zone_kept",
    "config_drive_kept",
    "description_kept",
    "device_names_kept",
    "disk_in_place",
    "disk_size_as_promised",
    "domain_running",
    "flavor_as_asked",
    "gap_within_limit",
    "hard_reboot_survived",
    "host_shown_truly",
    "host_stayed_down",
    "hostname_kept",
    "key_kept",
    "later_writes_present",
    "nothing_changed",
    *("stayed_runs_again", "stayed_unchanged", "stayed_writes_present"),
    *("copy_booted", "copy_holds_writes", "copy_in_another_zone", "image_made"),
    *("original_went_on", "rescue_answers", "rescue_completed", "rescue_disk_attached"),
    *("rescue_left_nothing", "unrescue_completed"),
    "migration_completed",
    "not_rebooted",
    "refused_as_promised",
    "lock_kept",
    "metadata_answers",
    "metadata_kept",
    "security_groups_kept",
    "server_group_kept",
    "single_copy",
    "status_as_promised",
    "tags_kept",
    "user_data_kept",
}

# (history, judge, storage) -> outcome then, outcome today, why. What "no false pass" changes on
# purpose shows on damaged records only (test_damages): whole ones are judged as they were.
CHANGED: dict[tuple[str, str, str | None], tuple[str, str, str]] = {}


class Records(unittest.TestCase):
    def test_are_all_there(self):
        kept = {path.stem for path in (FOLDER / "as_judged_before").glob("*.json")}
        self.assertEqual(set(HISTORIES), kept)
        self.assertEqual((5, 2), (len(EARLIER), len(COMPOSED)))

    def test_get_the_same_verdicts_but_for_those_that_change_on_purpose(self):
        for name in HISTORIES:
            then, today = judged_before(name)[0], judged(name)[0]
            for key, outcome in then.items():
                change = CHANGED.get((name, key[1], key[2]), (outcome, outcome, ""))
                self.assertEqual(change[:2], (outcome, today.get(key)), (name, key))

    def test_get_the_same_measures(self):
        for name in HISTORIES:
            then, today = judged_before(name)[1], judged(name)[1]
            self.assertEqual(then, {key: today.get(key) for key in then}, name)

    def test_get_no_verdict_of_judges_since_that_is_a_fail_or_unknown(self):
        for name in HISTORIES:
            then, today = judged_before(name)[0], judged(name)[0]
            more = {outcome for key, outcome in today.items() if key not in then}
            self.assertLessEqual(more, {PASS, SKIP}, name)

    def test_are_read_to_their_last_line(self):
        for name in HISTORIES:
            lines = read(name)
            self.assertNotIn(history.UNREADABLE, {line.kind for line in lines}, name)
            self.assertTrue(any(isinstance(line.event, ScenarioPlanned) for line in lines))


class EarlierRecords(unittest.TestCase):
    def test_get_no_more_verdicts_than_those_of_the_new_judges(self):
        for name in EARLIER:
            then, today = judged_before(name)[0], judged(name)[0]
            self.assertEqual(NEW, {key[1] for key in today.keys() - then.keys()}, name)
        self.assertEqual(NEW & {key[1] for key in then}, set())

    def test_are_not_asked_for_what_they_could_not_record(self):
        for name in EARLIER:
            for verdict in build(read(name), "run").verdicts:
                if verdict.judge in NEW and verdict.outcome == SKIP:
                    self.assertRegex(
                        verdict.reason, "^(not planned|not applicable|not judged: the scenario)"
                    )


class EarlierUuids(unittest.TestCase):
    def test_name_judges_of_today_and_each_but_one_of_both_scenarios(self):
        self.assertEqual(53, len(EARLIER_UUIDS))
        self.assertEqual(53, len(set(EARLIER_UUIDS.values())))
        names = {judge.name for judge in judges.registered()}
        self.assertLessEqual({judge for _, judge in EARLIER_UUIDS.values()}, names - NEW)
        self.assertEqual(set(SCENARIOS.values()), {name for name, _ in EARLIER_UUIDS.values()})

    def test_are_those_of_the_recorded_tests(self):
        seen = 0
        for name in EARLIER:
            for line in read(name):
                if isinstance(line.event, TestsPlanned):
                    for judge, _, uuid in line.event.tests:
                        scenario = SCENARIOS[line.scenario]
                        self.assertEqual((scenario, judge), EARLIER_UUIDS[uuid])
                        seen += 1
        self.assertGreater(seen, 100)
