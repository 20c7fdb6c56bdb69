# SPDX-License-Identifier: Apache-2.0
"""The history: every line is on the disk, from whomever, and torn ones harm no other."""

from __future__ import annotations

import json
import multiprocessing
import tempfile
import threading
import time
import unittest
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from migration_tests.record import history
from migration_tests.record.event import KINDS, EventError
from migration_tests.record.events import (
    AllocationSnapshot,
    DataRead,
    PhaseStarted,
    ProbeReport,
    ServerSnapshot,
    VolumeSnapshot,
)
from migration_tests.record.history import Follower, History, HistoryError
from migration_tests.tests.unit import healthy_live, healthy_record
from migration_tests.tests.unit import record_parts as parts

NUMBERS = st.integers(1, 10**6)


def append_many(path: Path, source: str, count: int) -> None:
    writer = History(path)
    for number in range(count):
        writer.append(PhaseStarted(phase=str(number), title=source * 50), source=source)


class HistoryCase(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = Path(folder.name) / "history.jsonl"


class Writing(HistoryCase):
    def test_gives_back_what_was_written_with_time_and_source(self):
        before = time.monotonic()
        event = parts.snapshot(parts.VOL, "before", "compute1")
        History(self.path).append(event, source="me", scenario="s")
        (line,) = history.read(self.path)
        self.assertEqual(event, line.event)
        self.assertEqual((1, "me", "s"), (line.number, line.source, line.scenario))
        self.assertLessEqual(before - 0.001, line.t_mono)
        self.assertRegex(line.t_wall, r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$")

    def test_takes_the_time_something_was_seen(self):
        seen = time.monotonic() - 100
        History(self.path).recorder("s", "me")(PhaseStarted(phase="p", title="t"), seen)
        (line,) = history.read(self.path)
        self.assertAlmostEqual(seen, line.t_mono, places=5)

    def test_is_shared_by_threads(self):
        writer = History(self.path)
        event = PhaseStarted(phase="p", title="x" * 9000)
        threads = [
            threading.Thread(target=writer.append, args=(event,), kwargs={"source": str(n)})
            for n in range(8)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        lines = history.read(self.path)
        self.assertEqual({str(n) for n in range(8)}, {line.source for line in lines})
        self.assertEqual({event}, {line.event for line in lines})

    def test_is_shared_by_processes(self):
        spawn = multiprocessing.get_context("fork")
        workers = [spawn.Process(target=append_many, args=(self.path, s, 20)) for s in "abc"]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        lines = history.read(self.path)
        self.assertEqual(list(range(1, 61)), [line.number for line in lines])
        for source in "abc":
            phases = [line.event.phase for line in lines if line.source == source]
            self.assertEqual([str(n) for n in range(20)], phases)

    def test_keeps_a_fault_s_own_words(self):
        History(self.path).recorder("s", "chaos").note("fault.injected", {"path": self.path})
        (line,) = history.read(self.path)
        self.assertIsNone(line.event)
        self.assertEqual(("fault.injected", str(self.path)), (line.kind, line.data["path"]))

    def test_says_which_file_cannot_be_written(self):
        writer = History(self.path / "no" / "folder")
        with self.assertRaisesRegex(HistoryError, "folder cannot be written"):
            writer.append(PhaseStarted(phase="p", title="t"), source="me")


class Torn(HistoryCase):
    def test_line_of_a_killed_writer_costs_no_other_line(self):
        writer = History(self.path)
        writer.append(PhaseStarted(phase="1", title="t"), source="me")
        with self.path.open("a") as file:
            file.write('{"t_mono": 1, "ki')
        writer.append(PhaseStarted(phase="2", title="t"), source="me")
        kinds = [line.kind for line in history.read(self.path)]
        self.assertEqual(["scenario.phase", history.UNREADABLE, "scenario.phase"], kinds)

    def test_line_at_the_end_is_not_read_before_it_is_whole(self):
        History(self.path).append(PhaseStarted(phase="1", title="t"), source="me")
        follower = Follower(self.path)
        self.assertEqual([1], [line.number for line in follower.new()])
        with self.path.open("a") as file:
            file.write("{")
        self.assertEqual([], follower.new())
        self.assertEqual(1, len(history.read(self.path)))
        with self.path.open("a") as file:
            file.write("}\n")
        self.assertEqual([2], [line.number for line in follower.new()])

    def test_line_of_a_known_kind_without_its_fields_is_unreadable(self):
        text = {"t_mono": 1, "t_wall": "x", "source": "s", "kind": "scenario.phase", "data": {}}
        (line,) = history.parse([json.dumps(text).encode()])
        self.assertEqual(history.UNREADABLE, line.kind)
        self.assertIn("scenario", line.data["problem"])
        text = {**text, "scenario": "s", "data": {"title": "t", "server": "a"}}
        (line,) = history.parse([json.dumps(text).encode()])
        self.assertIn("phase", line.data["problem"])
        self.assertEqual(
            ("s", "scenario.phase", "a"), (line.scenario, *list(line.data.values())[1:])
        )


class Reading(HistoryCase):
    def test_of_no_file_says_so(self):
        with self.assertRaisesRegex(HistoryError, "is this a run folder"):
            history.read(self.path)

    def test_following_no_file_yet_gives_nothing(self):
        self.assertEqual([], Follower(self.path).new())


class Events(unittest.TestCase):
    def test_of_every_kind_used_in_a_scenario_survive_json(self):
        for record in (healthy_record, healthy_live):
            events = record.healthy()
            for (_, event), line in zip(events, record.lines(events), strict=True):
                self.assertEqual(event, line.event)

    @given(st.lists(st.tuples(NUMBERS, NUMBERS)), st.lists(NUMBERS), st.booleans())
    def test_survive_json_whatever_was_read(self, intact, damaged, exists):
        event = DataRead(
            server="a",
            moment="running",
            intact=tuple(intact),
            damaged=tuple(damaged),
            exists=exists,
        )
        self.assertEqual(event, DataRead.from_data(json.loads(json.dumps(event.to_data()))))

    def test_of_a_newer_version_are_read_without_their_new_fields(self):
        data = parts.volume("a", "before", "compute1").to_data()
        data["new"] = 1
        data["attachments"][0]["new"] = 1
        self.assertEqual(parts.volume("a", "before", "compute1"), VolumeSnapshot.from_data(data))

    def test_without_a_field_say_which_is_missing(self):
        with self.assertRaisesRegex(EventError, "moment"):
            ServerSnapshot.from_data({"server": "a"})

    def test_with_something_of_another_type_are_none(self):
        for event, values in (
            (parts.snapshot(parts.VOL, "before", "compute1"), {"status": None}),
            (parts.snapshot(parts.VOL, "before", "compute1"), {"ports": None}),
            (parts.snapshot(parts.VOL, "before", "compute1"), {"host": 3}),
            (DataRead(server="a", moment="x", intact=()), {"intact": [[1]]}),
            (DataRead(server="a", moment="x", intact=()), {"exists": 1}),
            (
                AllocationSnapshot(server="a", moment="x", by_host={}),
                {"by_host": {"h": {"V": "1"}}},
            ),
            (healthy_live.probe("a"), {"interval": True}),
        ):
            with self.assertRaisesRegex(EventError, f"{next(iter(values))} cannot be"):
                type(event).from_data({**event.to_data(), **values})
        whole = {**healthy_live.probe("a").to_data(), "interval": 1, "answered": 3}
        self.assertEqual(1, ProbeReport.from_data(whole).interval)

    def test_kinds_are_unique_and_documented(self):
        for kind, event in KINDS.items():
            self.assertEqual(kind, event.kind)
            self.assertTrue(event.__doc__ and not event.__doc__.startswith(event.__name__ + "("))
