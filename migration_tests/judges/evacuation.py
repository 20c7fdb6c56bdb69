# SPDX-License-Identifier: Apache-2.0
"""Judges of the evacuation itself, by its migration record, and of what runs afterwards.

May not know: identity, network, data.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from migration_tests.judges.absence import never
from migration_tests.judges.engine import ServerJudge
from migration_tests.judges.finding import Finding, NotProduced, failed, passed
from migration_tests.judges.story_record import Seen, StoryRecord
from migration_tests.record import words
from migration_tests.record.events import (
    HostInspected,
    MigrationSeen,
    RequestMade,
    ServerAction,
    ServerIntroduced,
    ServerSeen,
    ServerSnapshot,
)

# What an evacuation record says when the server has arrived (nova/compute/manager.py:
# rebuild_instance sets "done", the source's clean-up sets "completed").
ARRIVED = ("done", "completed")


def _completed(record: StoryRecord, server: ServerIntroduced) -> Finding:
    expected = "the request is accepted and the migration record becomes done"
    requests = record.all(RequestMade, server=server.server, request="evacuate")
    if requests and not requests[-1].event.accepted:
        refused = requests[-1]
        found = f"HTTP {refused.event.http_status}: {refused.event.error}"
        reason = f"The cloud refused to evacuate the server: {found}."
        return failed(reason, expected, found, refused.line)
    seen = record.evacuations(server.server)
    lines = [*(s.line for s in requests), *(s.line for s in seen)]
    course = ", ".join(dict.fromkeys(s.event.status for s in seen))
    arrived = [s for s in seen if s.event.status in ARRIVED]
    if arrived:
        return passed(expected, course, *lines)
    if not seen and not requests:
        raise NotProduced("request to evacuate the server", RequestMade, MigrationSeen)
    words_of_nova, action_lines = _why(record, server)
    if not seen:
        reason = f"The request was accepted, but no migration record appeared{words_of_nova}."
        return never(
            record,
            words.EVACUATE,
            reason,
            expected=expected,
            found="no record",
            lines=[*lines, *action_lines],
        )
    if seen[-1].event.status in ("error", "failed"):
        reason = f"The evacuation ended as {seen[-1].event.status}{words_of_nova}."
        return failed(reason, expected, course, *lines, *action_lines)
    reason = f"The evacuation never ended: it stayed {seen[-1].event.status}{words_of_nova}."
    return never(
        record,
        words.EVACUATE,
        reason,
        expected=expected,
        found=course,
        lines=[*lines, *action_lines],
    )


def _why(record: StoryRecord, server: ServerIntroduced) -> tuple[str, list[int]]:
    """What Nova itself says of the evacuation, if it was recorded."""
    actions = record.all(ServerAction, server=server.server, action="evacuate")
    if not actions:
        return "", []
    action = actions[-1]
    bad = [event for event in action.event.events if event.result == "Error"]
    texts = [f"{event.event} failed on {event.host}" for event in bad]
    if action.event.message:
        texts.append(f"Nova says: {action.event.message}")
    return "".join(f"; {text}" for text in texts), [action.line]


def _landed(record: StoryRecord, server: ServerIntroduced) -> Finding:
    source = record.source
    after = (words.STARTED, words.EVACUATED, words.RECOVERED)
    shot = record.latest(
        ServerSnapshot, after, "snapshot after the evacuation", server=server.server
    )
    arrived = [s for s in record.evacuations(server.server) if s.event.status in ARRIVED]
    destination = arrived[-1].event.destination if arrived else None
    expected = f"on {destination}, not on {source}" if destination else f"not on {source}"
    lines = [shot.line, *(s.line for s in arrived[-1:])]
    host = shot.event.host
    if host is None:
        raise NotProduced("host shown for the server", ServerSnapshot)
    if host == source:
        reason = f"The server is still said to be on the dead host {source}."
        return failed(reason, expected, f"on {host}", *lines)
    if destination not in (None, host):
        reason = f"The migration record names {destination}, but the server is on {host}."
        return failed(reason, expected, f"on {host}", *lines)
    return passed(expected, f"on {host}", *lines)


def _started(record: StoryRecord, server: ServerIntroduced) -> Finding:
    expected = "ACTIVE after the evacuation, or after a start where the API leaves it stopped"
    requests = record.all(RequestMade, server=server.server, request="start")
    refused = [s for s in requests if not s.event.accepted]
    shots = record.all(ServerSnapshot, server=server.server, moment=words.STARTED)
    arrival = min(s.t for s in record.evacuations(server.server) if s.event.status in ARRIVED)
    seen = [s for s in record.all(ServerSeen, server=server.server) if s.t >= arrival]
    active = [s for s in seen if s.event.status == "ACTIVE" and s.event.task_state is None]
    running = [s for s in shots if s.event.status == "ACTIVE"]
    if active or running:
        return passed(expected, "ACTIVE", *_lines(active[:1]), *_lines(running[:1]))
    if refused:
        found = f"HTTP {refused[-1].event.http_status}: {refused[-1].event.error}"
        reason = f"The cloud refused to start the evacuated server: {found}."
        return failed(reason, expected, found, refused[-1].line)
    if shots:
        status, line = shots[-1].event.status, shots[-1].line
    elif seen and requests:
        status, line = seen[-1].event.status, seen[-1].line
    else:
        raise NotProduced("look at the server after its start", ServerSeen, ServerSnapshot)
    reason = f"The evacuated server does not run: it is {status}."
    lines = [line, *_lines(requests)]
    return never(record, words.START, reason, expected=expected, found=status, lines=lines)


def _lines(seen: Sequence[Seen[Any]]) -> list[int]:
    return [one.line for one in seen]


def _cleaned_up(record: StoryRecord, server: ServerIntroduced) -> Finding:
    source = record.source
    expected = f"{source} sets the migration record to completed once it is back"
    seen = record.evacuations(server.server)
    lines = [s.line for s in seen]
    last = seen[-1].event.status
    if any(s.event.status == "completed" for s in seen):
        return passed(expected, "completed", *lines[-1:])
    left, inspection = _left_behind(record, server, source)
    reason = f"{source} came back but did not clean up: the migration record stays {last}{left}."
    lines = [*lines[-1:], *inspection]
    return never(record, words.CLEAN_UP, reason, expected=expected, found=last, lines=lines)


def _left_behind(
    record: StoryRecord, server: ServerIntroduced, source: str
) -> tuple[str, list[int]]:
    looks = record.all(HostInspected, host=source, moment=words.RECOVERED)
    if not looks:
        return "", []
    look = looks[-1]
    left = []
    if look.event.domains and server.server in look.event.domains:
        left.append("its domain")
    if look.event.disks and any(owner == server.server for owner, _ in look.event.disks):
        left.append("its disk")
    verb = "is" if len(left) == 1 else "are"
    return (f", and {' and '.join(left)} {verb} still there" if left else ""), [look.line]


EVACUATION_COMPLETED = ServerJudge(
    name="evacuation_completed",
    question="the evacuation was accepted and its migration record says it is done",
    ask=_completed,
    needs=("host_died", "service_seen_down"),
    phases=(words.EVACUATE,),
)
LANDED_ELSEWHERE = ServerJudge(
    name="landed_elsewhere",
    question="the server landed on another host, the one its migration record names",
    ask=_landed,
    needs=("evacuation_completed",),
)
SERVER_STARTED = ServerJudge(
    name="server_started",
    question="the evacuated server runs again",
    ask=_started,
    needs=("evacuation_completed",),
    excused_by=("port_ids_kept", "port_bound"),
    phases=(words.START,),
)
CLEAN_UP_COMPLETED = ServerJudge(
    name="clean_up_completed",
    question="the source host cleaned up when it came back: its migration record is completed",
    ask=_cleaned_up,
    needs=("evacuation_completed", "host_recovered"),
    phases=(words.CLEAN_UP,),
)
