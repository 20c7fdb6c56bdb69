# SPDX-License-Identifier: Apache-2.0
"""What is measured in a record: each number with the bound of its error."""

from __future__ import annotations

import unittest

from migration_tests.judges.document import build
from migration_tests.record import words
from migration_tests.record.events import MigrationSeen, ProbeReport
from migration_tests.tests.unit import healthy_crash as crash
from migration_tests.tests.unit import healthy_live as live
from migration_tests.tests.unit import healthy_record as healthy
from migration_tests.tests.unit import record_parts as parts
from migration_tests.tests.unit.record_parts import BYS, SHR, VOL


def measured(record, *spoils):
    events = parts.spoiled(record.healthy(), *spoils)
    return {(m.name, m.server): m for m in build(record.lines(events), "run").measures}


class AnEvacuation(unittest.TestCase):
    def setUp(self):
        self.measures = measured(healthy)

    def value(self, name, server=None):
        return self.measures[name, server].value

    def test_has_the_phases_of_recovery_from_the_moment_the_host_was_cut_off(self):
        self.assertEqual(1.5, self.value("recovery.host_seen_dead"))
        self.assertEqual(5, self.value("recovery.service_down"))
        self.assertEqual(40, self.value("recovery.host_booted"))
        self.assertEqual(50, self.value("recovery.service_reports"))
        self.assertEqual(65, self.value("recovery.service_up"))
        phases = {
            "evacuation_accepted": 10,
            "rebuilding": 11,
            "spawning": 13,
            "evacuation_done": 17,
            "active": 22,
            "ssh": 30,
            "first_write": 32,
            "clean_up_completed": 60,
        }
        for name, seconds in phases.items():
            self.assertEqual(seconds, self.value(f"recovery.{name}", VOL), name)

    def test_of_a_host_that_boots_again_by_itself_knows_when_it_did(self):
        booted = measured(crash)["recovery.host_booted", None]
        self.assertEqual(1.5, booted.value)

    def test_has_the_cloud_s_own_time_with_its_error(self):
        rebuild = self.measures["evacuation.rebuild", VOL]
        self.assertEqual((8, 2, "s"), (rebuild.value, rebuild.error, rebuild.unit))

    def test_has_the_bystander_s_longest_gap_with_error_and_samples(self):
        gap = self.measures["bystander.longest_gap", BYS]
        self.assertEqual((0.02, 0.02, 10000), (gap.value, gap.error, gap.samples))

    def test_has_the_acknowledged_writes(self):
        writes = self.measures["writes.acknowledged", VOL]
        self.assertEqual((100, "records"), (writes.value, writes.unit))

    def test_has_no_measures_of_other_moves(self):
        self.assertEqual([], [name for name, _ in self.measures if name.startswith("move.")])

    def test_leaves_out_what_was_not_seen(self):
        names = {name for name, _ in measured(healthy, parts.without(ProbeReport))}
        self.assertNotIn("bystander.longest_gap", names)

    def test_that_never_began_has_few(self):
        names = {name for name, _ in measured(healthy, parts.ending(30))}
        self.assertEqual({"writes.acknowledged"}, names)


class ALiveMigration(unittest.TestCase):
    def test_has_its_duration_by_the_cloud_s_stamps(self):
        duration = measured(live)["move.duration", SHR]
        self.assertEqual((6, 2, "s"), (duration.value, duration.error, duration.unit))

    def test_has_the_longest_gap_of_each_moved_server(self):
        gap = measured(live)["move.longest_gap", SHR]
        self.assertEqual((0.25, 0.01, 7000), (gap.value, gap.error, gap.samples))

    def test_has_the_bystander_s_longest_gap(self):
        self.assertEqual(0.02, measured(live)["bystander.longest_gap", BYS].value)

    def test_has_no_times_of_recovery(self):
        self.assertEqual([], [name for name, _ in measured(live) if name.startswith("recovery.")])

    def test_that_never_ended_has_no_duration_and_no_gap(self):
        spoil = parts.without(MigrationSeen, server=SHR, status="completed")
        names = {name for name, server in measured(live, spoil) if server == SHR}
        self.assertEqual({"writes.acknowledged"}, names)

    def test_without_the_cloud_s_stamps_has_no_duration(self):
        spoil = parts.changed(MigrationSeen, {"updated_at": None}, type=words.LIVE_MIGRATION)
        self.assertNotIn(("move.duration", SHR), measured(live, spoil))
