# SPDX-License-Identifier: Apache-2.0
"""What a line of a record of before scenarios were composed of steps becomes today."""

from __future__ import annotations

import json
import unittest

from migration_tests.record import earlier, history
from migration_tests.record.event import KINDS
from migration_tests.record.history import UNREADABLE
from migration_tests.record.words import (
    ANOTHER_HOST,
    BEFORE,
    BYSTANDER,
    EPHEMERAL,
    EVACUATION,
    KEPT,
    LOST,
    MOMENTS,
    MOVED,
    PRISTINE,
    RETURNED,
    RUNNING,
    SHARED,
    STOPPED,
)
from migration_tests.tests.unit.recorded_runs import EARLIER, FOLDER


def raw(kind, **data):
    return {"t_mono": 1.5, "t_wall": "w", "source": "s", "story": "x", "kind": kind, "data": data}


def read(kind, **data):
    """The events that a line of then is read as."""
    lines = history.parse([json.dumps(raw(kind, **data)).encode()])
    return [line.event for line in lines]


class ALine(unittest.TestCase):
    def test_of_today_is_left_as_it_is(self):
        self.assertFalse(earlier.is_earlier({**raw("x"), "scenario": "s"}))
        self.assertFalse(earlier.is_earlier({"kind": "x", "scenario": None}))
        self.assertFalse(earlier.is_earlier([1]))
        self.assertTrue(earlier.is_earlier(raw("x")))

    def test_keeps_its_number_time_source_and_scenario(self):
        text = json.dumps(raw("story.phase", phase="prepare", title="t")).encode()
        for line in history.parse([text], first=7):
            self.assertEqual((7, 1.5, "w", "s", "x"), (
                line.number, line.t_mono, line.t_wall, line.source, line.scenario
            ))  # fmt: skip

    def test_of_the_whole_run_belongs_to_no_scenario(self):
        text = json.dumps({**raw("run.started", run="r", suite="1"), "story": None})
        (line,) = history.parse([text.encode()])
        self.assertIsNone(line.scenario)
        self.assertEqual("r", line.event.run)

    def test_of_an_unknown_kind_stays_one(self):
        (line,) = history.parse([json.dumps(raw("fault.injected", path="p")).encode()])
        self.assertEqual(("fault.injected", {"path": "p"}), (line.kind, line.data))

    def test_that_lacks_what_it_must_have_is_unreadable(self):
        (line,) = history.parse([json.dumps(raw("server.request", server="a")).encode()])
        self.assertEqual(UNREADABLE, line.kind)


class Moments(unittest.TestCase):
    def test_have_todays_names(self):
        for then, now in (
            ("before", BEFORE),
            ("evacuated", MOVED),
            ("started", RUNNING),
            ("recovered", RETURNED),
        ):
            (event,) = read("host.booted", host="h", moment=then, boot_id="b")
            self.assertEqual(now, event.moment)


class TheCourse(unittest.TestCase):
    def test_begins_with_a_plan_that_names_the_steps_and_what_they_recorded(self):
        (plan,) = read("story.started", title="t", host="c1")
        self.assertEqual(("t", ("c1",)), (plan.title, plan.sources))
        steps = [phase.step for phase in plan.phases]
        self.assertEqual(["boot", "start_writers", "inject"], steps[:3])
        self.assertEqual(
            ["power_on", "await_clean_up", "give_back", "inspect_hosts"],
            [phase.step for phase in plan.phases if phase.recovery],
        )
        self.assertIn("server.seen", plan.watched)
        for phase in plan.phases:
            for text in phase.produces:
                kind, _, moment = text.partition(":")
                self.assertIn(kind, KINDS)
                self.assertIn(moment, {"", *MOMENTS})

    def test_has_a_plan_from_its_first_phase_on(self):
        plan, begun = read("story.phase", phase="prepare", title="t")
        self.assertEqual((), plan.sources)
        self.assertEqual("boot", begun.phase)

    def test_has_todays_steps_for_its_phases(self):
        steps = {"kill": "inject", "check": "reconnect", "clean_up": "await_clean_up"}
        for then, now in steps.items():
            (begun,) = read("story.phase", phase=then, title="t")
            self.assertEqual((now, "t"), (begun.phase, begun.title))
            (stopped,) = read("story.stopped", phase=then, cause="cloud", reason="r")
            self.assertEqual((now, "r"), (stopped.phase, stopped.reason))

    def test_keeps_its_other_ends(self):
        self.assertEqual("r", read("story.skipped", reason="r")[0].reason)
        self.assertTrue(read("story.finished", complete=True)[0].complete)
        (expired,) = read("story.expired", awaited="a", seconds=3)
        self.assertEqual(("a", 3, ""), (expired.awaited, expired.seconds, expired.phase))


class AServer(unittest.TestCase):
    def introduced(self, **more):
        data = {"server": "a", "name": "n", "storage": SHARED, "role": "subject", **more}
        return read("server.introduced", **data)[0]

    def test_that_was_evacuated_was_expected_to_be_stopped_elsewhere_with_its_data(self):
        (expected,) = self.introduced().expected
        self.assertEqual((EVACUATION, STOPPED, KEPT, LOST, ANOTHER_HOST), (
            expected.move, expected.end, expected.data, expected.memory, expected.place
        ))  # fmt: skip

    def test_on_a_local_disk_was_expected_to_have_a_new_one(self):
        self.assertEqual(PRISTINE, self.introduced(storage=EPHEMERAL).expected[0].data)

    def test_that_stood_by_was_expected_to_stay(self):
        self.assertEqual((), self.introduced(role=BYSTANDER).expected)

    def test_of_which_an_evacuation_was_asked_for_was_to_be_moved(self):
        answer = {"server": "a", "accepted": False, "http_status": 409, "error": "no"}
        (move,) = read("server.request", request="evacuate", **answer)
        self.assertEqual(("move.requested", EVACUATION, 409), (
            move.kind, move.move, move.http_status
        ))  # fmt: skip
        (start,) = read("server.request", request="start", **answer)
        self.assertEqual(("server.request", "start"), (start.kind, start.request))


class ASnapshot(unittest.TestCase):
    def snapshot(self, *ports):
        port = {"mac": "m", "fixed_ips": ["1"], "status": "ACTIVE", "host": "h", "binding": "ovs"}
        (found,) = read(
            "server.snapshot",
            server="a",
            moment="started",
            name="n",
            flavor="f",
            status="ACTIVE",
            task_state=None,
            host="h",
            ports=[{"port": name, **port} for name in ports],
            floating_ips=["203.0.113.1"],
        )
        return found

    def test_with_one_port_has_its_floating_ips_there(self):
        (floating,) = self.snapshot("p").floating_ips
        self.assertEqual(("203.0.113.1", "p"), (floating.address, floating.port))

    def test_with_several_ports_does_not_tell_where_its_floating_ips_are(self):
        self.assertIsNone(self.snapshot("p", "q").floating_ips[0].port)


class AHost(unittest.TestCase):
    def test_that_was_killed_was_disturbed(self):
        (event,) = read(
            "host.killed",
            host="c1",
            via="ipmi",
            verdict="injected",
            readings=[{"witness": "icmp", "says": "dead"}],
            t_injected=2.0,
        )
        self.assertEqual(("disturbance.started", "power_off", "ipmi", "ipmi"), (
            event.kind, event.fault, event.via, event.driver
        ))  # fmt: skip
        self.assertEqual(["icmp"], [one.witness for one in event.readings])

    def test_that_was_inspected_did_not_tell_which_domains_ran(self):
        (event,) = read(
            "host.inspected", host="c1", moment="recovered", domains=["a"], disks=[["a", "/d"]]
        )
        self.assertEqual([("a", None)], [(one.server, one.state) for one in event.domains])
        self.assertEqual((RETURNED, None), (event.moment, event.sources))
        (unknown,) = read(
            "host.inspected", host="c1", moment="recovered", domains=None, disks=None
        )
        self.assertIsNone(unknown.domains)


class TheRest(unittest.TestCase):
    def test_names_lost_kinds_by_todays_names(self):
        (event,) = read("harness.error", where="w", error="e", lost=["host.killed", "data.read"])
        self.assertEqual(("disturbance.started", "data.read"), event.lost)

    def test_knows_which_test_asked_which_judge(self):
        (event,) = read("test.asked", judge="id_kept", test="T.test_id_kept", uuid="u")
        self.assertEqual((("id_kept", "T.test_id_kept", "u"),), event.tests)

    def test_of_all_earlier_histories_is_read_without_a_loss(self):
        for path in (FOLDER / f"{name}.jsonl" for name in EARLIER):
            texts = path.read_bytes().split(b"\n")[:-1]
            old = [json.loads(text) for text in texts]
            self.assertTrue(any(earlier.is_earlier(one) for one in old), path.name)
            lines = history.read(path)
            self.assertEqual([], [line.number for line in lines if line.kind == UNREADABLE])
            self.assertEqual(len(texts), lines[-1].number)
