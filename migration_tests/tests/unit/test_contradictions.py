# SPDX-License-Identifier: Apache-2.0
"""Evidence that contradicts itself, or other evidence, leaves a judge in doubt: it never passes.

Each of these was a pass once, found by damaging the records of healthy runs field by field.
"""

from __future__ import annotations

import dataclasses
import unittest
from collections.abc import Sequence

from migration_tests import judges
from migration_tests.record import words
from migration_tests.record.events import (
    Attachment,
    DataRead,
    DomainsSeen,
    HostBooted,
    HostInspected,
    ProbeReport,
    ServerSeen,
    VolumeSnapshot,
    WriteResumed,
    WritesAcknowledged,
)
from migration_tests.record.history import Line
from migration_tests.record.verdicts import PASS, UNKNOWN, Verdict
from migration_tests.tests.unit import healthy_live as live
from migration_tests.tests.unit import healthy_record as healthy
from migration_tests.tests.unit import record_parts as parts
from migration_tests.tests.unit.record_parts import (
    DESTINATION,
    ELSEWHERE,
    EPH,
    SHR,
    SOURCE,
    VOL,
    changed,
    mapped,
)


class Contradictions(unittest.TestCase):
    def judged(self, name, *spoils, record=healthy, also: Sequence[Line] = ()) -> list[Verdict]:
        events = parts.spoiled(record.healthy(), *spoils)
        found = judges.judge([*record.lines(events), *also], record.SCENARIO)
        return [v for v in found if v.judge == name]

    def of(self, server, name, *spoils, **options) -> Verdict:
        (verdict,) = [v for v in self.judged(name, *spoils, **options) if v.server == server]
        return verdict

    def check(self, verdict, said):
        self.assertEqual(UNKNOWN, verdict.outcome, verdict.reason)
        self.assertIn(said, verdict.reason)


class OfTheWholeRun(Contradictions):
    """An ID stands for one thing in all scenarios of a run."""

    def another(self, *events):
        return parts.lines([(300.0, event) for event in events], "another")

    def test_a_boot_id_that_another_host_has_too(self):
        for moment, boot_id in ((words.BEFORE, "boot-1"), (words.RETURNED, "boot-2")):
            also = self.another(HostBooted(host=ELSEWHERE, moment=moment, boot_id=boot_id))
            self.check(self.of(None, "host_recovered", also=also), f"that of {ELSEWHERE}, too")
        also = self.another(HostBooted(host=SOURCE, moment=words.BEFORE, boot_id="boot-2"))
        self.assertEqual(PASS, self.of(None, "host_recovered", also=also).outcome)

    def test_an_attachment_that_another_volume_has_too(self):
        attachment = Attachment(
            attachment=f"a-{DESTINATION}", server="x", host="y", status="attached"
        )
        look = VolumeSnapshot(
            server="x",
            moment=words.BEFORE,
            volume="another",
            status="in-use",
            attachments=(attachment,),
        )
        verdict = self.of(VOL, "volume_attached_once", also=self.another(look))
        self.check(verdict, "of the volume vol-id-volume and of another")

    def test_a_guest_that_answered_as_another_server(self):
        login = dataclasses.replace(healthy.ssh(VOL, words.BEFORE, 3), server="another")
        verdict = self.of(VOL, "hard_reboot_survived", also=self.another(login))
        self.check(verdict, "answers as this server and as another")


class OfWrites(Contradictions):
    def test_a_hole_in_what_was_acknowledged_after_the_move(self):
        for values in ({"first": 95}, {"first": 182}, {"last": 105}, {"server": VOL}):
            spoil = changed(WritesAcknowledged, values, server=SHR, first=91)
            verdict = self.of(SHR, "later_writes_present", spoil, record=live)
            self.assertEqual(UNKNOWN, verdict.outcome, values)
        spoil = changed(WritesAcknowledged, {"last": 60}, server=SHR, first=41)
        verdict = self.of(SHR, "later_writes_present", spoil, record=live)
        self.check(verdict, "holes: 91 follows 60")

    def test_a_write_after_the_move_that_has_an_earlier_number(self):
        spoil = changed(WriteResumed, {"number": 100}, server=SHR)
        verdict = self.of(SHR, "later_writes_present", spoil)
        self.check(verdict, "The record 100 was written after the move, and before it, too.")

    def test_a_new_disk_with_more_than_was_written_to_it(self):
        values = {"intact": ((1, 76),)}
        for moment in (words.RETURNED, words.REBOOTED):
            spoil = changed(DataRead, values, server=EPH, moment=moment)
            verdict = self.of(EPH, "later_writes_present", spoil)
            self.check(verdict, "The record 76 was read, and nobody wrote it.")


class OfServers(Contradictions):
    def test_a_status_that_only_a_task_gives_without_a_task(self):
        for record, status, task in (
            (healthy, "REBUILD", "rebuild_spawning"),
            (live, "MIGRATING", "migrating"),
        ):
            values = {"status": status, "task_state": None}
            spoil = changed(ServerSeen, values, server=SHR, task_state=task)
            verdict = self.of(SHR, "task_states_in_order", spoil, record=record)
            self.check(verdict, f"was {status} without a task state")

    def test_a_probe_that_had_another_limit_than_the_plan(self):
        spoil = changed(ProbeReport, {"threshold": 2.0}, server=SHR)
        verdict = self.of(SHR, "gap_within_limit", spoil, record=live)
        self.check(verdict, "The probe's limit is 2000 ms, that of the plan is 1000 ms.")

    def test_a_domain_without_a_folder_on_its_host(self):
        for marks in ((), parts.marks(DESTINATION, [VOL]), ((SHR, ""),), (("", "7"), (SHR, "8"))):
            for host, moment in ((DESTINATION, words.RETURNED), (SOURCE, words.BEFORE)):
                spoil = changed(HostInspected, {"marks": marks}, host=host, moment=moment)
                verdict = self.of(SHR, "disk_in_place", spoil)
                self.assertEqual(UNKNOWN, verdict.outcome, (marks, host))

    def test_files_that_were_not_learned_or_are_in_no_folder(self):
        for disks in (None, (("another", "/disk"),), ((EPH, ""),)):
            spoil = changed(
                HostInspected, {"disks": disks}, host=DESTINATION, moment=words.RETURNED
            )
            self.assertEqual(UNKNOWN, self.of(SHR, "disk_in_place", spoil).outcome, disks)

    def test_a_disk_that_was_not_there_before_either(self):
        sources = tuple(
            dataclasses.replace(parts.disk(server), present=False) for server in healthy.SUBJECTS
        )
        spoil = changed(HostInspected, {"sources": sources}, host=SOURCE, moment=words.BEFORE)
        self.check(self.of(SHR, "disk_in_place", spoil), "Before it was moved: ")


class OfLooks(Contradictions):
    def looks(self, change, **wanted):
        """Spoil looks once they stand in a record, where their pauses show."""
        lines = healthy.lines(healthy.healthy())
        found = [
            dataclasses.replace(line, event=change(line.event))
            if isinstance(line.event, DomainsSeen)
            and all(getattr(line.event, name) == value for name, value in wanted.items())
            else line
            for line in lines
        ]
        judged = judges.judge(found, healthy.SCENARIO)
        return [v for v in judged if v.judge == "single_copy"]

    def test_pauses_that_are_not_what_they_are_said_to_be(self):
        for pause in (1.0, 2.5):
            for verdict in self.looks(
                lambda event, pause=pause: dataclasses.replace(event, longest_pause=pause),
                host=DESTINATION,
                t_first_began=114,
            ):
                self.check(verdict, "they paused otherwise than they say")

    def test_a_pause_longer_than_all_the_time_that_was_looked(self):
        for verdict in self.looks(
            lambda event: dataclasses.replace(event, longest_pause=5.0),
            host=DESTINATION,
            t_first_began=116,
        ):
            self.check(verdict, "they paused otherwise than they say")

    def test_a_line_that_is_lost_shows_in_the_pause_after_it(self):
        def gone(events):
            lines = healthy.lines(events)
            return [
                line
                for line in lines
                if not (isinstance(line.event, DomainsSeen) and line.event.t_first_began == 114)
            ]

        found = judges.judge(gone(healthy.healthy()), healthy.SCENARIO)
        for verdict in found:
            if verdict.judge == "single_copy":
                self.assertEqual(UNKNOWN, verdict.outcome)

    def test_that_do_not_tell_the_state_of_a_domain_while_it_is_started(self):
        unlearned = mapped(
            DomainsSeen,
            lambda event: dataclasses.replace(
                event, domains=tuple(dataclasses.replace(d, state=None) for d in event.domains)
            ),
            host=DESTINATION,
            t_first_began=176,
        )
        verdict = self.of(SHR, "single_copy", unlearned)
        self.check(verdict, "was not learned")
