# SPDX-License-Identifier: Apache-2.0
"""The judge of bystanders: a server that nothing is done to must not notice what is done.

May not know: the servers that are moved.
"""

from __future__ import annotations

import dataclasses

from migration_tests.judges import gaps
from migration_tests.judges.applies import UNTOUCHED
from migration_tests.judges.course import Seen
from migration_tests.judges.finding import Finding, NotProduced, failed, passed, unclear
from migration_tests.judges.gaps import ms
from migration_tests.judges.registry import server_judge
from migration_tests.judges.scenario_record import ScenarioRecord
from migration_tests.record import words
from migration_tests.record.events import (
    MoveRequested,
    ProbeReport,
    ServerIntroduced,
    ServerSnapshot,
)

LIMIT = "bystander_max_gap"  # the option that limits the gap, where the plan tells its value


@server_judge(
    question="the server that nothing was done to saw no outage and is as it was",
    group="bystander",
    applies=UNTOUCHED,
    needs=("host_died",),
    excused_by=("original_went_on",),
    evidence=("probe.report", "server.snapshot:before", "server.snapshot"),
)
def bystander_undisturbed(record: ScenarioRecord, server: ServerIntroduced) -> Finding:
    """It answered all the time, and the cloud shows everything about it unchanged.

    A failure means: what was done spread to servers that it did not concern. It is unknown if
    the limit lies within the gap's error bound, or if there was as long a gap before.
    """
    reached = _reached(record, server)
    if reached.outcome != "pass":
        return reached
    before = record.look_before(ServerSnapshot, "snapshot before", server=server.server)
    look = record.last_look(ServerSnapshot, "snapshot afterwards", server=server.server)
    changed = _changed(before, look)
    if changed:
        name, was, now = changed
        reason = f"Nothing was done to the server, and its {name} changed from {was} to {now}."
        return failed(reason, f"{name} {was}", f"{name} {now}", before.line, look.line)
    lines = (*reached.evidence, before.line, look.line)
    return passed(f"{reached.expected}, nothing changed", reached.found, *lines)


def _changed(
    before: Seen[ServerSnapshot], look: Seen[ServerSnapshot]
) -> tuple[str, object, object] | None:
    """Return which field of the server changed, and how."""
    for field in dataclasses.fields(ServerSnapshot):
        was, now = getattr(before.event, field.name), getattr(look.event, field.name)
        if field.name != "moment" and was != now:
            return field.name.replace("_", " "), was, now
    return None


def _reached(record: ScenarioRecord, server: ServerIntroduced) -> Finding:
    since = record.began()
    if since is None:
        raise NotProduced("request to move a server", MoveRequested)
    seen = record.last(ProbeReport, "report of the probe", server=server.server)
    probe = seen.event
    lines = (*_began(record), seen.line)
    longest = gaps.longest(probe, since)
    calm = max((gaps.length_of(gap) for gap in probe.gaps if gap.t_end <= since), default=0.0)
    expected = f"no gap longer than {ms(probe.threshold)}"
    found = f"{longest}; before {ms(calm)}"
    doubt = gaps.doubt(seen, since, since) or gaps.another_limit(record, probe, [LIMIT])
    if doubt:
        return unclear(doubt, expected, found, *lines)
    if longest.longest <= probe.threshold:
        return passed(expected, found, *lines)
    if longest.shortest <= probe.threshold:
        reason = "The longest gap is as long as allowed, within the error of the probe."
        return unclear(reason, expected, found, *lines)
    noun = server.role if server.role == words.BYSTANDER else "server"
    if calm >= longest.shortest:
        reason = (
            f"The {noun} was not reachable for {ms(longest.length)}, but it had a gap of"
            f" {ms(calm)} before anything was done, too."
        )
        return unclear(reason, expected, found, *lines)
    reason = (
        f"The {noun} was not reachable for {ms(longest.length)} (surely"
        f" {ms(longest.shortest)}) after {_what(record)}; before, its longest gap was {ms(calm)}."
    )
    return failed(reason, expected, found, *lines)


def _began(record: ScenarioRecord) -> list[int]:
    """Lines that say when something was done."""
    if record.disturbances:
        return [one.line for one in record.disturbances]
    return [one.line for one in record.all(MoveRequested)[:1]]


def _what(record: ScenarioRecord) -> str:
    if record.disturbances:
        return f"{record.disturbances[0].host} was disturbed"
    first = record.all(MoveRequested)[:1]
    if first and first[0].event.move == words.IMAGE:
        return "the first image was asked for"
    return "the first server was moved"
