# SPDX-License-Identifier: Apache-2.0
"""Judges of what follows an evacuation: the server runs again, the source cleans up.

May not know: identity, network, data.
"""

from __future__ import annotations

from migration_tests.judges.absence import never
from migration_tests.judges.applies import EVACUATED, STARTED
from migration_tests.judges.course import Seen
from migration_tests.judges.finding import Finding, NotProduced, failed, passed, unclear
from migration_tests.judges.kinds import KINDS
from migration_tests.judges.moves import Move
from migration_tests.judges.registry import server_judge
from migration_tests.judges.scenario_record import ScenarioRecord
from migration_tests.record import words
from migration_tests.record.events import (
    HostInspected,
    MigrationSeen,
    PhaseStarted,
    RequestMade,
    ServerIntroduced,
    ServerSeen,
    ServerSnapshot,
)

_ONCE_IT_RAN = (words.RUNNING, words.RETURNED, words.REBOOTED)


@server_judge(
    question="the moved server runs again",
    group="started",
    applies=STARTED,
    needs=("evacuation_completed", "migration_completed", "decision_completed"),
    excused_by=("id_kept", "port_ids_kept", "port_bound", "volume_attached_once", "disk_in_place"),
    steps=("start_stopped",),
    evidence=("server.seen", "server.snapshot"),
)
def server_started(record: ScenarioRecord, server: ServerIntroduced) -> Finding:
    """It became ACTIVE after its move and is ACTIVE at every look from then on.

    A failure means: it ended in another state, the start was refused, or it stopped again
    later.
    """
    noun = KINDS[record.arrived(server).kind].noun
    expected = f"ACTIVE after the {noun}, or after a start where the API leaves it stopped"
    arrival = record.arrived(server).arrival
    assert arrival is not None
    requests = record.all(RequestMade, server=server.server, request="start")
    seen = [s for s in record.all(ServerSeen, server=server.server) if s.t >= arrival.t]
    active = [s for s in seen if s.event.status == "ACTIVE" and s.event.task_state is None]
    shots = record.all(ServerSnapshot, server=server.server, moment=_ONCE_IT_RAN)
    running = [s for s in shots if s.event.moment == words.RUNNING and s.event.status == "ACTIVE"]
    if not active and not running:
        return _not_started(record, requests, seen, shots, expected)
    for shot in shots:
        if shot.event.status != "ACTIVE" or shot.event.task_state is not None:
            found = f"{shot.event.status}, task state {shot.event.task_state!r}"
            reason = f"The moved server does not run any more: it is {found}."
            return failed(reason, expected, found, shot.line)
    if not shots:
        raise NotProduced("snapshot of the running server", ServerSnapshot, moment=words.RUNNING)
    return passed(expected, "ACTIVE", *(s.line for s in shots))


def _not_started(
    record: ScenarioRecord,
    requests: list[Seen[RequestMade]],
    seen: list[Seen[ServerSeen]],
    shots: list[Seen[ServerSnapshot]],
    expected: str,
) -> Finding:
    refused = [s for s in requests if not s.event.accepted]
    if refused:
        found = f"HTTP {refused[-1].event.http_status}: {refused[-1].event.error}"
        reason = f"The cloud refused to start the moved server: {found}."
        return failed(reason, expected, found, refused[-1].line)
    if shots:
        status, line = shots[-1].event.status, shots[-1].line
    elif seen and requests:
        status, line = seen[-1].event.status, seen[-1].line
    else:
        what = "look at the server after its start"
        raise NotProduced(what, ServerSnapshot, moment=words.RUNNING)
    return never(
        record,
        "start_stopped",
        ServerSnapshot,
        f"The moved server does not run: it is {status}.",
        expected=expected,
        found=status,
        lines=[line, *(s.line for s in requests)],
    )


@server_judge(
    question="the source host cleaned up when it came back: its migration record is completed",
    group="evacuated",
    applies=EVACUATED,
    needs=("evacuation_completed", "host_recovered"),
    steps=("await_clean_up",),
    evidence=("migration.seen", "host.booted:returned"),
)
def clean_up_completed(record: ScenarioRecord, server: ServerIntroduced) -> Finding:
    """The source says of each evacuation that it has cleaned up after it.

    A failure means: nova-compute did not find or not finish the evacuated servers at its
    start; what is left is named.
    """
    lines: list[int] = []
    expected = ""
    for move in record.moves(server):
        if move.kind != words.EVACUATION or not move.expected.arrives:
            continue
        source = move.source or "the source"
        expected = f"{source} sets the migration record to completed once it is back"
        done = [s for s in move.records if s.event.status == "completed"]
        if not done:
            return _not_cleaned_up(record, server, move, source, expected)
        back = [s for s in record.all(PhaseStarted) if _step(record, s.event.phase) == "power_on"]
        if back and done[0].line < back[0].line:
            reason = f"The migration record was completed before {source} was switched on again."
            return failed(reason, expected, "completed too early", done[0].line, back[0].line)
        if move.arrival is done[0]:
            reason = "The migration record was completed, but never seen done."
            return unclear(reason, expected, "completed", done[0].line)
        lines += [seen.line for seen in (move.arrival, done[-1]) if seen]
    return passed(expected, "completed", *lines)


def _step(record: ScenarioRecord, phase: str) -> str:
    return next((one.step for one in record.phases if one.name == phase), phase)


def _not_cleaned_up(
    record: ScenarioRecord, server: ServerIntroduced, move: Move, source: str, expected: str
) -> Finding:
    left, inspection = _left_behind(record, server, source)
    last = move.records[-1]
    status = last.event.status
    reason = f"{source} came back but did not clean up: the migration record stays {status}{left}."
    return never(
        record,
        "await_clean_up",
        MigrationSeen,
        reason,
        expected=expected,
        found=status,
        lines=[last.line, *inspection],
    )


def _left_behind(
    record: ScenarioRecord, server: ServerIntroduced, source: str
) -> tuple[str, list[int]]:
    looks = record.all(HostInspected, host=source)
    looks = [look for look in looks if look.event.moment != words.BEFORE]
    if not looks:
        return "", []
    look = looks[-1]
    left = []
    if any(domain.server == server.server for domain in look.event.domains or ()):
        left.append("its domain")
    if any(owner == server.server for owner, _ in look.event.disks or ()):
        left.append("its disk")
    verb = "is" if len(left) == 1 else "are"
    return (f", and {' and '.join(left)} {verb} still there" if left else ""), [look.line]
