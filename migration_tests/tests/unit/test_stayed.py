# SPDX-License-Identifier: Apache-2.0
"""Servers that may not be evacuated, and stay on a host that dies: each promise, broken once."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable

from migration_tests import judges
from migration_tests.record import words
from migration_tests.record.event import Event
from migration_tests.record.events import (
    AllocationSnapshot,
    DataRead,
    MoveRequested,
    RequestMade,
    ServerSeen,
    ServerSnapshot,
    SshAnswered,
    VolumeSnapshot,
    WriterEnded,
)
from migration_tests.record.history import Line
from migration_tests.record.verdicts import FAIL, PASS, SKIP, UNKNOWN
from migration_tests.tests.unit.test_whole_scenarios import WholeCase

NAME = "evacuate_whole_host"
LEFT = (words.RETURNED,)
Change = Callable[[Event], Event | None]


def values(**new: object) -> Change:
    return lambda event: dataclasses.replace(event, **new)


def gone(_event: Event) -> None:
    return None


def bound_elsewhere(shot: ServerSnapshot) -> Event:
    ports = tuple(dataclasses.replace(port, host="c2") for port in shot.ports)
    return dataclasses.replace(shot, ports=ports)


# What is done to events of a kind (that have these values) of the servers in a state; the judge
# that fails, or is unknown, for just these servers, and words of its reason.
BROKEN: tuple[tuple[str, type[Event], dict[str, object], Change, str, str, str], ...] = (
    (
        *("the evacuation is accepted", MoveRequested, {}),
        values(accepted=True, http_status=200, error=""),
        *("refused_as_promised", FAIL, "was accepted, and must be refused"),
    ),
    (
        *("the evacuation is refused otherwise", MoveRequested, {}),
        values(http_status=500),
        *("refused_as_promised", FAIL, "was refused with HTTP 500"),
    ),
    (
        *("the attempt binds a port", ServerSnapshot, {"moment": words.REFUSED}),
        bound_elsewhere,
        *("nothing_changed", FAIL, "An attempt that came to nothing changed the server's ports"),
    ),
    (
        *("its host comes back, and it is elsewhere", ServerSnapshot, {"moment": words.RETURNED}),
        values(host="c2"),
        *("stayed_unchanged", FAIL, "The outage of its host changed the server's host"),
    ),
    (
        *("it is shown on no host", ServerSnapshot, {"moment": words.RETURNED}),
        values(host=None),
        *("stayed_unchanged", FAIL, "changed the server's host: c1 to None"),
    ),
    (
        *("it has no port any more", ServerSnapshot, {"moment": words.RETURNED}),
        values(ports=()),
        *("stayed_unchanged", FAIL, "changed the server's ports"),
    ),
    (
        *("it is in error", ServerSnapshot, {"moment": words.RETURNED}),
        values(status=words.ERROR),
        *("stayed_unchanged", FAIL, "to ERROR"),
    ),
    (
        *("its allocation is gone", AllocationSnapshot, {"moment": words.RETURNED}),
        values(by_host={}),
        *("stayed_unchanged", FAIL, "changed the server's allocation"),
    ),
    (
        *("nobody looked at it", ServerSnapshot, {"moment": words.RETURNED}),
        gone,
        *("stayed_unchanged", UNKNOWN, "there is no snapshot afterwards"),
    ),
    (
        *("the reboot is refused", RequestMade, {"request": "hard_reboot"}),
        values(accepted=False, http_status=409, error="Cannot reboot"),
        *("stayed_runs_again", FAIL, "refused to reboot the server: HTTP 409"),
    ),
    (
        *("it does not answer", SshAnswered, {"moment": words.REBOOTED}),
        values(answered=False, boot_id=None, error="no route to host"),
        *("stayed_runs_again", FAIL, "SSH does not answer: no route to host"),
    ),
    (
        *("nobody logged in", SshAnswered, {"moment": words.REBOOTED}),
        gone,
        *("stayed_runs_again", UNKNOWN, "there is no login after the reboot"),
    ),
    (
        *("at the end it is shown elsewhere", ServerSeen, {"status": words.ACTIVE}),
        values(host="c2"),
        *("stayed_runs_again", FAIL, "ACTIVE on c2"),
    ),
    (
        *("a write is lost", DataRead, {"moment": words.REBOOTED}),
        values(intact=((2, 10**6),)),
        *("stayed_writes_present", FAIL, "acknowledged records are lost: the disk lacks 1"),
    ),
    (
        *("the disk is another", DataRead, {"moment": words.REBOOTED}),
        values(exists=False, intact=()),
        *("stayed_writes_present", FAIL, "acknowledged records are lost"),
    ),
    (
        *("nobody read", DataRead, {"moment": words.REBOOTED}),
        gone,
        *("stayed_writes_present", UNKNOWN, "there is no reading of the data after the reboot"),
    ),
    (
        *("the ledger was never closed", WriterEnded, {}),
        gone,
        *("stayed_writes_present", UNKNOWN, "end of the ledger of writes"),
    ),
)


class StayedServers(WholeCase):
    def setUp(self):
        super().setUp()
        self.healthy = self.judged(NAME)
        self.read = self.lines()
        introduced = [line.event for line in self.read if line.kind == "server.introduced"]
        self.stayed = {
            one.server for one in introduced if one.state in (words.PAUSED, words.SUSPENDED)
        }
        self.volumes = {one.server for one in introduced if one.storage == words.VOLUME}

    def changed(
        self, kind: type[Event], wanted: dict[str, object], change: Change, servers: Iterable[str]
    ) -> list[Line]:
        lines = []
        for line in self.read:
            event = line.event
            fits = isinstance(event, kind) and event.server in servers
            if fits and all(getattr(event, name) == value for name, value in wanted.items()):
                event = change(event)
            if event is not None:
                lines.append(dataclasses.replace(line, event=event))
        return lines

    def outcomes_of(self, lines: list[Line], outcome: str) -> dict[tuple[str, str | None], str]:
        found = judges.judge(lines, NAME)
        return {(v.judge, v.server): v.reason for v in found if v.outcome == outcome}

    def test_each_broken_promise_fails_in_one_judge_for_these_servers(self):
        self.assertEqual(2, len(self.stayed))
        passed = {v.judge for v in self.healthy if v.outcome == PASS and v.server in self.stayed}
        broken = {judge for *_, judge, _, _ in BROKEN}
        self.assertLessEqual(broken, passed)
        for what, kind, wanted, change, judge, outcome, text in BROKEN:
            with self.subTest(what):
                lines = self.changed(kind, wanted, change, self.stayed)
                found = self.outcomes_of(lines, outcome)
                self.assertLessEqual({(judge, one) for one in self.stayed}, set(found))
                self.assertEqual({judge}, {name for name, _ in found}, found)
                for reason in found.values():
                    self.assertIn(text, reason)

    def test_a_volume_that_is_taken_away_meanwhile_is_missed(self):
        server = self.stayed & self.volumes
        wanted = {"moment": words.RETURNED}
        found = self.outcomes_of(self.changed(VolumeSnapshot, wanted, gone, server), FAIL)
        self.assertEqual({("stayed_unchanged", *server)}, set(found))
        self.assertIn("took the volume", *found.values())

    def test_what_follows_names_its_cause(self):
        change = values(accepted=True, http_status=200, error="")
        lines = self.changed(MoveRequested, {}, change, self.stayed)
        skipped = self.outcomes_of(lines, SKIP)
        for server in self.stayed:
            for judge in ("stayed_unchanged", "stayed_runs_again", "stayed_writes_present"):
                self.assertRegex(skipped[(judge, server)], "refused_as_promised|stayed_")
