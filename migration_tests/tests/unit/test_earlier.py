# SPDX-License-Identifier: Apache-2.0
"""Records made before scenarios were composed of steps: judged today as they were then.

``recorded/as_judged_before`` holds what the code of then said of each recorded history. Key,
outcome and measures must be the same, but for what is listed here, each with its reason.
"""

from __future__ import annotations

import json
import unittest
from pathlib import Path

from migration_tests import judges
from migration_tests.judges.document import build
from migration_tests.record import history
from migration_tests.record.earlier_uuids import EARLIER_UUIDS, SCENARIOS
from migration_tests.record.events import ScenarioPlanned, ServerIntroduced, TestsPlanned
from migration_tests.record.verdicts import SKIP

FOLDER = Path(__file__).with_name("recorded")
HISTORIES = sorted(path.stem for path in FOLDER.glob("*.jsonl"))

# Judges that there were not then.
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


def read(name):
    return history.read(FOLDER / f"{name}.jsonl")


def judged(name):
    """Return what is said of a history today, in the form in which it was kept: by names."""
    lines = read(name)
    names = {
        line.event.server: line.event.name
        for line in lines
        if isinstance(line.event, ServerIntroduced)
    }
    result = build(lines, "run")
    verdicts = {
        (v.scenario, v.judge, v.storage, names.get(v.server)): v.outcome for v in result.verdicts
    }
    assert len(verdicts) == len(result.verdicts), "two verdicts have the same key"
    measures = {
        (m.scenario, m.name, m.storage, names.get(m.server)): (m.value, m.error, m.unit, m.samples)
        for m in result.measures
    }
    return verdicts, measures


def judged_before(name):
    kept = json.loads((FOLDER / "as_judged_before" / f"{name}.json").read_text(encoding="utf-8"))
    verdicts = {
        (v["scenario"], v["judge"], v["storage"], v["server"]): v["outcome"]
        for v in kept["verdicts"]
    }
    measures = {
        (m["scenario"], m["name"], m["storage"], m["server"]): (
            m["value"],
            m["error"],
            m["unit"],
            m["samples"],
        )
        for m in kept["measures"]
    }
    return verdicts, measures


class EarlierRecords(unittest.TestCase):
    def test_are_all_there(self):
        kept = {path.stem for path in (FOLDER / "as_judged_before").glob("*.json")}
        self.assertEqual(set(HISTORIES), kept)
        self.assertEqual(5, len(kept))

    def test_get_the_same_verdicts_but_for_those_that_change_on_purpose(self):
        for name in HISTORIES:
            then, today = judged_before(name)[0], judged(name)[0]
            for key, outcome in then.items():
                change = CHANGED.get((name, key[1], key[2]), (outcome, outcome, ""))
                self.assertEqual(change[:2], (outcome, today.get(key)), (name, key))

    def test_get_no_more_verdicts_than_those_of_the_new_judges(self):
        for name in HISTORIES:
            then, today = judged_before(name)[0], judged(name)[0]
            self.assertEqual(NEW, {key[1] for key in today.keys() - then.keys()}, name)
        self.assertEqual(NEW & {key[1] for key in then}, set())

    def test_get_the_same_measures(self):
        for name in HISTORIES:
            self.assertEqual(judged_before(name)[1], judged(name)[1], name)

    def test_are_read_to_their_last_line(self):
        for name in HISTORIES:
            lines = read(name)
            self.assertNotIn(history.UNREADABLE, {line.kind for line in lines}, name)
            self.assertTrue(any(isinstance(line.event, ScenarioPlanned) for line in lines))

    def test_are_not_asked_for_what_they_could_not_record(self):
        for name in HISTORIES:
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
        for name in HISTORIES:
            for line in read(name):
                if isinstance(line.event, TestsPlanned):
                    for judge, _, uuid in line.event.tests:
                        scenario = SCENARIOS[line.scenario]
                        self.assertEqual((scenario, judge), EARLIER_UUIDS[uuid])
                        seen += 1
        self.assertGreater(seen, 100)
