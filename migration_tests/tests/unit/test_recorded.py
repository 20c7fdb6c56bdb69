# SPDX-License-Identifier: Apache-2.0
"""The judges on records of real runs, as a cloud of four hosts wrote them, and on spoiled ones.

The records are whole: nothing of them was made by hand.
"""

from __future__ import annotations

import dataclasses
import unittest
from collections.abc import Callable

from migration_tests.judges import judge
from migration_tests.judges.document import build
from migration_tests.record import words
from migration_tests.record.events import (
    AllocationSnapshot,
    DataRead,
    Domain,
    HostInspected,
    MigrationSeen,
    ServerIntroduced,
    ServerSnapshot,
    SshAnswered,
    VolumeSnapshot,
)
from migration_tests.record.history import Line
from migration_tests.record.verdicts import FAIL, PASS, UNKNOWN
from migration_tests.tests.unit.recorded_runs import COMPOSED
from migration_tests.tests.unit.recorded_runs import read as record

NOT_CLEANED = "source_not_cleaned"
WRITES_LOST = "acknowledged_writes_lost"
SIX_DEFECTS = "six_defects"
SHARED, EPHEMERAL = "shared_host_off_over_ipmi", "ephemeral_host_off_over_ssh"


def domains(*servers: str) -> tuple[Domain, ...]:
    return tuple(Domain(server=server, state=None) for server in servers)


def changed(lines: list[Line], change: Callable[[object], object]) -> list[Line]:
    """Give events another content; None leaves the line out."""
    found = []
    for line in lines:
        event = change(line.event) if line.event is not None else line.event
        if event is not None or line.event is None:
            found.append(dataclasses.replace(line, event=event))
    return found


def failing(lines: list[Line], scenario: str) -> set[str]:
    return {v.judge for v in judge(lines, scenario) if v.outcome == FAIL}


class HealthyCloud(unittest.TestCase):
    def test_fails_nobody_and_leaves_nothing_unknown(self):
        for scenario in (SHARED, *COMPOSED):
            verdicts = judge(record(scenario), scenario)
            self.assertEqual([], [v for v in verdicts if v.outcome in (FAIL, UNKNOWN)])
            self.assertGreater(sum(v.outcome == PASS for v in verdicts), 40)

    def test_on_a_starved_machine_fails_nobody_either(self):
        # Its prober was held up for seconds: what the bystander saw is not known.
        verdicts = judge(record(EPHEMERAL), EPHEMERAL)
        self.assertEqual([], [v for v in verdicts if v.outcome == FAIL])
        unknown = {v.judge for v in verdicts if v.outcome == UNKNOWN}
        self.assertEqual({"bystander_undisturbed"}, unknown)

    def test_is_measured_phase_by_phase(self):
        measures = build(record(SHARED), "run").measures
        names = [m.name for m in measures if m.storage == "volume"]
        for name in ("evacuation_done", "active", "ssh", "first_write", "clean_up_completed"):
            self.assertIn(f"recovery.{name}", names)

    def test_fails_nobody_wherever_its_record_breaks_off(self):
        for scenario in (SHARED, EPHEMERAL, *COMPOSED):
            lines = record(scenario)
            for length in range(0, len(lines), 5):
                self.assertEqual(set(), failing(lines[:length], scenario), length)


class BrokenCloud(unittest.TestCase):
    """Labs that were broken on purpose, with what lies in ``lab/defects``."""

    def test_whose_source_is_not_cleaned_fails_the_judge_of_just_that_in_the_right_words(self):
        verdicts = judge(record(NOT_CLEANED), EPHEMERAL)
        failed = [v for v in verdicts if v.outcome == FAIL]
        self.assertEqual({"clean_up_completed"}, {v.judge for v in failed})
        self.assertEqual([], [v for v in verdicts if v.outcome == UNKNOWN])
        reasons = {v.storage: v.reason for v in failed}
        self.assertEqual({"ephemeral", "volume"}, set(reasons))
        self.assertIn("its domain and its disk are still there", reasons["ephemeral"])
        self.assertIn("its domain is still there", reasons["volume"])

    def test_whose_disks_lose_what_they_acknowledged_fails_the_judge_of_just_that(self):
        verdicts = judge(record(WRITES_LOST), SHARED)
        failed = [v for v in verdicts if v.outcome == FAIL]
        self.assertEqual({"acknowledged_writes_present"}, {v.judge for v in failed})
        self.assertEqual({"shared", "volume"}, {v.storage for v in failed})
        for verdict in failed:
            self.assertRegex(
                verdict.reason,
                r"^(\d+) of \1 acknowledged records are lost: the disk has no record file\.$",
            )

    def test_in_six_ways_at_once_fails_six_judges_each_for_its_own_reason(self):
        # attachment_leaked, allocation_left_on_source, server_renamed, disk_of_another_image,
        # disk_left_on_source and task_state_repeated were loaded together.
        verdicts = judge(record(SIX_DEFECTS), EPHEMERAL)
        self.assertEqual([], [v for v in verdicts if v.outcome == UNKNOWN])
        reasons = {v.judge: v.reason for v in verdicts if v.outcome == FAIL}
        said = {
            "name_kept": "-rebuilt",
            "task_states_in_order": "rebuilding came after rebuild_spawning",
            "ephemeral_disk_pristine": "the files the image brings differ",
            "volume_attached_once": "has 2 attachments",
            "source_without_disk": "still has disks",
            "source_without_allocation": "still holds an allocation",
        }
        self.assertEqual(set(said), set(reasons))
        for name, expected in said.items():
            self.assertIn(expected, reasons[name])


class SpoiledRecord(unittest.TestCase):
    def setUp(self):
        self.lines = record(SHARED)
        introduced = [line.event for line in self.lines if line.kind == ServerIntroduced.kind]
        by_storage = {e.storage: e.server for e in introduced if e.role == "subject"}
        self.shared, self.volume = by_storage["shared"], by_storage["volume"]

    def moved(self, event):
        """Whether an event is a snapshot of a moved server after its move."""
        moved = isinstance(event, ServerSnapshot) and event.server in (self.shared, self.volume)
        return moved and event.moment != words.BEFORE

    def failing(self, change):
        return failing(changed(self.lines, change), SHARED)

    def test_without_the_source_s_clean_up_fails_one_judge(self):
        def spoil(event):
            if isinstance(event, MigrationSeen) and event.status == "completed":
                return None
            if isinstance(event, HostInspected) and event.host == "compute1":
                return dataclasses.replace(event, domains=domains(self.shared, self.volume))
            return event

        self.assertEqual({"clean_up_completed"}, self.failing(spoil))

    def test_with_a_leaked_domain_fails_one_judge(self):
        def spoil(event):
            if isinstance(event, HostInspected) and event.host == "compute1":
                return dataclasses.replace(event, domains=domains(self.shared))
            return event

        self.assertEqual({"source_without_domain"}, self.failing(spoil))

    def test_with_a_leaked_allocation_fails_one_judge(self):
        def spoil(event):
            if isinstance(event, AllocationSnapshot) and event.moment == words.RETURNED:
                return dataclasses.replace(event, by_host={**event.by_host, "compute1": {"A": 1}})
            return event

        self.assertEqual({"source_without_allocation"}, self.failing(spoil))

    def test_with_a_leaked_attachment_fails_one_judge(self):
        def spoil(event):
            if isinstance(event, VolumeSnapshot) and event.moment != words.BEFORE:
                old = dataclasses.replace(event.attachments[0], attachment="old", host="compute1")
                return dataclasses.replace(event, attachments=(old, *event.attachments))
            return event

        self.assertEqual({"volume_attached_once"}, self.failing(spoil))

    def test_with_the_port_s_old_binding_fails_one_judge(self):
        def spoil(event):
            if (
                isinstance(event, ServerSnapshot)
                and self.moved(event)
                and event.moment != words.BEFORE
            ):
                ports = tuple(dataclasses.replace(p, host="compute1") for p in event.ports)
                return dataclasses.replace(event, ports=ports)
            if isinstance(event, SshAnswered) and event.moment == words.RUNNING:
                return dataclasses.replace(event, answered=False, error="timed out")
            return event

        self.assertEqual({"port_bound"}, self.failing(spoil))

    def test_with_another_address_fails_one_judge(self):
        def spoil(event):
            if (
                isinstance(event, ServerSnapshot)
                and self.moved(event)
                and event.moment != words.BEFORE
            ):
                ports = tuple(dataclasses.replace(p, fixed_ips=("10.9.9.9",)) for p in event.ports)
                return dataclasses.replace(event, ports=ports)
            return event

        self.assertEqual({"fixed_ip_kept"}, self.failing(spoil))

    def test_with_a_lost_write_fails_one_judge(self):
        def spoil(event):
            if isinstance(event, DataRead) and event.server == self.volume:
                first, last = event.intact[0]
                return dataclasses.replace(event, intact=((first, last - 3),))
            return event

        self.assertEqual({"acknowledged_writes_present"}, self.failing(spoil))
