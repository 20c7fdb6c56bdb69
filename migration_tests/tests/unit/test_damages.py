# SPDX-License-Identifier: Apache-2.0
"""Damages that went unnoticed once: a whole record, spoiled by hand, was still called all kept.

Each is done to the record of a real run and to a hand-built one that has all evidence of today.
The judge that must say so does, and the run is not good.
"""

from __future__ import annotations

import dataclasses
import unittest
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from migration_tests.judges.document import build
from migration_tests.record import history, words
from migration_tests.record.event import Event
from migration_tests.record.events import (
    AllocationSnapshot,
    DataRead,
    HostInspected,
    ProbeReport,
    ServerSnapshot,
    VolumeSnapshot,
    WritesAcknowledged,
)
from migration_tests.record.history import Line
from migration_tests.record.verdicts import FAIL, PASS, UNKNOWN, Verdicts
from migration_tests.tests.unit import healthy_record as healthy

RECORDED = Path(__file__).with_name("recorded") / "shared_host_off_over_ipmi.jsonl"
RECORDS = {
    "of a real run": lambda: history.read(RECORDED),
    "made by hand": lambda: healthy.lines(healthy.healthy()),
}


@dataclass(frozen=True)
class Damage:
    """A way to spoil a record.

    :ivar change: what becomes of an event; None: it is left out
    :ivar judge: the judge that must say so
    :ivar outcome: what it must say of every server it is asked about
    :ivar said: words that its reason must hold
    """

    change: Callable[[Any], Event | None]
    judge: str
    outcome: str
    said: str


def each(kind: type[Event], change: Callable[[Any], Event | None]) -> Callable[[Any], Any]:
    return lambda event: change(event) if isinstance(event, kind) else event


def later(kind: type[Event], change: Callable[[Any], Event | None]) -> Callable[[Any], Any]:
    """Change only looks that were not taken before."""
    return each(kind, lambda event: change(event) if event.moment != words.BEFORE else event)


def none(kind: type[Event]) -> Callable[[Any], Any]:
    return each(kind, lambda event: None)


def ports_without_host(event: ServerSnapshot) -> ServerSnapshot:
    ports = tuple(dataclasses.replace(port, host=None) for port in event.ports)
    return dataclasses.replace(event, ports=ports)


def attachments_without_host(event: VolumeSnapshot) -> VolumeSnapshot:
    attachments = tuple(dataclasses.replace(one, host=None) for one in event.attachments)
    return dataclasses.replace(event, attachments=attachments)


def twice(event: AllocationSnapshot) -> AllocationSnapshot:
    doubled = {
        host: {name: 2 * amount for name, amount in held.items()}
        for host, held in event.by_host.items()
    }
    return dataclasses.replace(event, by_host=doubled)


def third_host(event: AllocationSnapshot) -> AllocationSnapshot:
    return dataclasses.replace(event, by_host={**event.by_host, "compute8": {"VCPU": 1}})


def nothing_learned(event: HostInspected) -> HostInspected:
    return dataclasses.replace(event, domains=None, disks=None, sources=None)


def with_values(**values: Any) -> Callable[[Any], Any]:
    return lambda event: dataclasses.replace(event, **values)


DAMAGES = {
    "every port's host is null": Damage(
        later(ServerSnapshot, ports_without_host),
        "port_bound",
        FAIL,
        "The cloud shows no host for the port",
    ),
    "every port's host is null before, too": Damage(
        each(ServerSnapshot, ports_without_host),
        "servers_ready",
        FAIL,
        "The cloud shows no host for the port",
    ),
    "every attachment's host is null": Damage(
        each(VolumeSnapshot, attachments_without_host),
        "volume_attached_once",
        FAIL,
        "The cloud shows no host for the attachment",
    ),
    "the server's host is null": Damage(
        later(ServerSnapshot, with_values(host=None)),
        "landed_elsewhere",
        FAIL,
        "The cloud shows no host for the server",
    ),
    "there are no ports at all, before and after": Damage(
        each(ServerSnapshot, with_values(ports=())),
        "servers_ready",
        FAIL,
        "The cloud shows no port of the server",
    ),
    "there are no floating IPs": Damage(
        each(ServerSnapshot, with_values(floating_ips=())),
        "floating_ip_kept",
        FAIL,
        "showed no floating IP address before, but the server was logged in to",
    ),
    "an allocation is twice the flavor's size": Damage(
        later(AllocationSnapshot, twice), "destination_whole", FAIL, "its flavor says"
    ),
    "an allocation is on a third host": Damage(
        later(AllocationSnapshot, third_host),
        "destination_whole",
        FAIL,
        "an allocation on compute8, where it is not",
    ),
    "there is no inspection of hosts": Damage(
        none(HostInspected), "source_without_domain", UNKNOWN, "no look at compute1 afterwards"
    ),
    "the inspections learned nothing": Damage(
        each(HostInspected, nothing_learned),
        "source_without_domain",
        UNKNOWN,
        "no list of the domains of compute1",
    ),
    "there is no reading of the data": Damage(
        none(DataRead), "acknowledged_writes_present", UNKNOWN, "no reading of the data afterwards"
    ),
    "there are no allocations": Damage(
        none(AllocationSnapshot),
        "source_without_allocation",
        UNKNOWN,
        "no look at the allocations",
    ),
    "there is no acknowledged write": Damage(
        none(WritesAcknowledged), "acknowledged_writes_present", UNKNOWN, "no acknowledged write"
    ),
    "there is no probe": Damage(
        none(ProbeReport), "bystander_undisturbed", UNKNOWN, "no report of the probe"
    ),
    "there is no snapshot after the evacuation": Damage(
        later(ServerSnapshot, lambda event: None),
        "landed_elsewhere",
        UNKNOWN,
        "no snapshot after the move",
    ),
}


def damaged(lines: list[Line], damage: Damage) -> list[Line]:
    found = []
    for line in lines:
        event = damage.change(line.event) if line.event is not None else None
        if event is not None or line.event is None:
            found.append(dataclasses.replace(line, event=event))
    return found


class Damages(unittest.TestCase):
    def judged(self, lines: list[Line]) -> Verdicts:
        return build(lines, "run")

    def test_that_are_none_leave_the_run_good(self):
        for name, lines in RECORDS.items():
            self.assertTrue(self.judged(lines()).good, name)

    def test_are_said_by_the_judge_that_must_in_the_right_words(self):
        for name, lines in RECORDS.items():
            for what, damage in DAMAGES.items():
                with self.subTest(what, record=name):
                    result = self.judged(damaged(lines(), damage))
                    found = [v for v in result.verdicts if v.judge == damage.judge]
                    said = [v for v in found if v.outcome == damage.outcome]
                    self.assertTrue(said, found)
                    self.assertNotIn(PASS, {v.outcome for v in found if v.server}, found)
                    for verdict in said:
                        self.assertIn(damage.said, verdict.reason)

    def test_never_leave_the_run_good(self):
        for name, lines in RECORDS.items():
            for what, damage in DAMAGES.items():
                result = self.judged(damaged(lines(), damage))
                self.assertFalse(result.good, (what, name))

    def test_leave_no_skip_without_a_cause_that_is_in_the_verdicts(self):
        for name, lines in RECORDS.items():
            for what, damage in DAMAGES.items():
                result = self.judged(damaged(lines(), damage))
                bad = {v.judge for v in result.verdicts if v.outcome in (FAIL, UNKNOWN)}
                for verdict in result.verdicts:
                    if verdict.reason.startswith("not judged: "):
                        named = [judge for judge in bad if judge in verdict.reason]
                        self.assertTrue(named, (what, name, verdict))
