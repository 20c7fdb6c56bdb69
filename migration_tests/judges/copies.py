# SPDX-License-Identifier: Apache-2.0
"""The judge of copies: a server never ran on two hosts at once.

It rests on looks at all hosts on a short interval, while servers are moved and from the return of
a disturbed host until it was given back. May not know: what a second copy does to the data.
"""

from __future__ import annotations

from itertools import combinations, pairwise

from migration_tests.judges import domains
from migration_tests.judges.applies import EVERY_SERVER
from migration_tests.judges.course import Seen
from migration_tests.judges.domains import Span
from migration_tests.judges.finding import Finding, NotProduced, failed, passed, unclear
from migration_tests.judges.moves import Disturbance, Move
from migration_tests.judges.registry import server_judge
from migration_tests.judges.scenario_record import ScenarioRecord
from migration_tests.record.events import (
    DisturbanceEnded,
    DomainsSeen,
    MigrationSeen,
    PhaseStarted,
    ServerIntroduced,
    ServiceSeen,
)

Looks = dict[str, list[Seen[DomainsSeen]]]  # by host, in the order they were taken


@server_judge(
    question="the server never ran on two hosts at once",
    group="copies",
    applies=EVERY_SERVER,
    excused_by=("host_died",),
    explained_by=(
        *("host_recovered", "evacuation_completed", "migration_completed"),
        "rescue_completed",
    ),
    evidence=("domains.seen",),
)
def single_copy(record: ScenarioRecord, server: ServerIntroduced) -> Finding:
    """No looks at one host that enclose a look at another showed it running on both.

    A failure means: two copies of a server ran on one disk: its data may be damaged whatever
    the other judges say. Unknown where a host was not looked at for too long.
    """
    plan = record.plan
    hosts = plan.hosts_looked_at if plan else ()
    looks = looks_by_host(record)
    expected = f"running on one host at a time, of {', '.join(hosts) or 'no host'}"
    began = record.began() or 0.0
    times = [one for host in looks for one in domains.running(looks[host], server.server)]
    for one, other in combinations(times, 2):
        both = domains.at_once(one, other) if one.host != other.host else None
        if both:
            found = "; ".join(_said(each, began) for each in (one, other))
            reason = (
                f"The server ran on {one.host} and on {other.host} at once,"
                f" {both[0] - began:.1f} s after the first disturbance or move."
            )
            return failed(reason, expected, found, *one.lines, *other.lines)
    if not hosts:
        return unclear("No host could be looked at.", expected, "no looks")
    windows = _windows(record)
    used = _within(looks, windows, server)
    wrong = _not_looked_at(record, looks, windows, hosts, began) or doubt(record, server)
    if wrong:
        return unclear(wrong, expected, "no second copy was seen", *(seen.line for seen in used))
    found = "never on two" + _others(record)
    return passed(expected, found, *(seen.line for seen in used))


def looks_by_host(record: ScenarioRecord) -> Looks:
    """Return the looks at each host, in the order they were taken."""
    looks: Looks = {}
    for seen in sorted(record.all(DomainsSeen), key=lambda one: one.event.t_first_began):
        looks.setdefault(seen.event.host, []).append(seen)
    return looks


def _said(one: domains.Running, began: float) -> str:
    first, last = one.looks[0][0] - began, one.looks[-1][1] - began
    return f"on {one.host} from {first:.1f} s to {last:.1f} s"


def _others(record: ScenarioRecord) -> str:
    others = record.plan.hosts_not_looked_at if record.plan else ()
    return f"; not looked at: {', '.join(others)}" if others else ""


def _windows(record: ScenarioRecord) -> list[Span]:
    """Return the times in which all hosts must have been looked at."""
    windows = []
    for server in record.servers:
        for move in record.moves(server):
            if move.t_start is not None:
                end = move.t_end
                windows.append((move.t_start, _given_up(record, move) if end is None else end))
            elif move.t_start is not None and move.expected.refused:
                windows.append((move.t_start, move.t_start))
    for disturbance in record.disturbances:
        if disturbance.end is None:
            raise NotProduced("end of the fault", DisturbanceEnded)
        windows.append((disturbance.end, _given_back(record, disturbance)))
    if not windows:
        raise NotProduced("move of a server", DomainsSeen)
    return windows


def _given_up(record: ScenarioRecord, move: Move) -> float:
    """Return until when a move without an end may have gone on: to the last step, if it began.

    What was refused is over at once.
    """
    assert move.t_start is not None
    if move.request and not move.request.event.accepted:
        return move.t_start
    last = record.all(PhaseStarted)[-1:]
    if not last or last[0].t <= move.t_start:
        raise NotProduced("end of the move", MigrationSeen)
    return last[0].t


def _given_back(record: ScenarioRecord, disturbance: Disturbance) -> float:
    """Return when the cloud could use a disturbed host again, or when that was given up."""
    assert disturbance.end is not None
    for seen in record.all(ServiceSeen, host=disturbance.host, state="up", status="enabled"):
        if seen.t > disturbance.end and not seen.event.forced_down:
            return seen.t
    steps = {phase.name: phase.step for phase in record.phases}
    begun = record.all(PhaseStarted)
    for one, following in pairwise(begun):
        if steps.get(one.event.phase) == "give_back" and one.t > disturbance.start:
            return following.t
    raise NotProduced(f"sign that {disturbance.host} was given back", ServiceSeen)


def _within(
    looks: Looks, windows: list[Span], server: ServerIntroduced
) -> list[Seen[DomainsSeen]]:
    """Return the looks that were taken in one of the times, or that show the server."""
    return [
        seen
        for of_host in looks.values()
        for seen in of_host
        if any(
            seen.event.t_last_ended >= begin and seen.event.t_first_began <= end
            for begin, end in windows
        )
        or any(domain.server == server.server for domain in seen.event.domains or ())
    ]


def doubt(record: ScenarioRecord, server: ServerIntroduced) -> str:
    """Return why the looks at the hosts cannot be trusted in what they say of a server."""
    for host, of_host in looks_by_host(record).items():
        wrong = domains.contradiction(of_host)
        if wrong:
            return f"What was seen on {host} contradicts itself: {wrong}."
        odd = domains.unlearned(of_host, server.server)
        if odd:
            return f"Whether the server's domain ran on {host} was not learned (line {odd.line})."
    return ""


def _not_looked_at(
    record: ScenarioRecord,
    looks: Looks,
    windows: list[Span],
    hosts: tuple[str, ...],
    began: float,
) -> str:
    """Return which host was not looked at for too long, and when, if one was not."""
    for begin, end in windows:
        for host in hosts:
            of_host = looks.get(host, [])
            for first, last in _outside(record, host, begin, end, of_host):
                answered = [seen for seen in of_host if seen.event.domains is not None]
                hole = domains.unseen(answered, first, last)
                if hole:
                    return (
                        f"{host} was not looked at from {hole[0] - began:.1f} s to"
                        f" {hole[1] - began:.1f} s after the first disturbance or move"
                        f"{_why(of_host, hole)}: a second copy there would not have been seen."
                    )
    return ""


def _why(looks: list[Seen[DomainsSeen]], hole: Span) -> str:
    for seen in looks:
        event = seen.event
        if event.error and event.t_last_ended >= hole[0] and event.t_first_began <= hole[1]:
            return f" ({event.error})"
    return ""


def _outside(
    record: ScenarioRecord, host: str, begin: float, end: float, looks: list[Seen[DomainsSeen]]
) -> list[Span]:
    """Return a time without those in which a host is disturbed or comes up and cannot answer."""
    left = [(begin, end)]
    for disturbance in record.disturbances:
        if disturbance.host != host or disturbance.end is None:
            continue
        up = _up(looks, disturbance.end)
        left = [
            part
            for first, last in left
            for part in ((first, min(last, disturbance.start)), (max(first, up), last))
            if part[0] < part[1]
        ]
    return left


def _up(looks: list[Seen[DomainsSeen]], ended: float) -> float:
    """Return when a host first answered after its fault, if it was asked until then."""
    position = ended
    for seen in looks:
        if seen.event.t_last_ended < ended:
            continue
        if seen.event.t_first_ended - position > domains.MAX_PAUSE:
            return position
        if seen.event.domains is not None:
            return max(ended, seen.event.t_first_ended)
        position = seen.event.t_last_ended
    return position
