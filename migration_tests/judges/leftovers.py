# SPDX-License-Identifier: Apache-2.0
"""Judges of what is left behind: nothing on the hosts that a server has left.

May not know: how the clean-up was reported (`starting`), what is on the destination (`whole`).
"""

from __future__ import annotations

from migration_tests.judges import allocations
from migration_tests.judges.applies import LEAVING
from migration_tests.judges.course import Seen
from migration_tests.judges.finding import Finding, NotProduced, failed, passed, unclear
from migration_tests.judges.registry import server_judge
from migration_tests.judges.scenario_record import ScenarioRecord
from migration_tests.record import words
from migration_tests.record.events import AllocationSnapshot, HostInspected, ServerIntroduced

NEEDS = ("migration_completed", "decision_completed", "clean_up_completed")


def inspection(record: ScenarioRecord, host: str, since: int = 0) -> Seen[HostInspected]:
    """Return the last look at a host itself, taken after a line."""
    what = f"look at {host} afterwards"
    return record.last_look(HostInspected, what, since, host=host)


def inspections(record: ScenarioRecord, host: str, since: int) -> list[Seen[HostInspected]]:
    """Return all looks at a host itself from a line on, the last planned one among them."""
    inspection(record, host, since)
    looks = record.looks(HostInspected, f"look at {host} afterwards", host=host)
    return [look for look in looks if look.line > since]


def cleaned_up(record: ScenarioRecord, server: ServerIntroduced) -> int:
    """Return the line by which the hosts that a server left had cleaned up, as they said."""
    move = record.arrived(server)
    if move.expected.decision:
        return move.decided.line if move.decided else 0
    done = [seen.line for seen in move.records if seen.event.status == "completed"]
    return done[0] if done else 0


def looks_while_there(
    record: ScenarioRecord, server: ServerIntroduced, host: str
) -> list[Seen[HostInspected]]:
    """Return the looks at a host while a server was there, by its migration records.

    :raises NotProduced: when there is none
    """
    what = f"look at {host} before"
    if host == record.source(server):
        record.look_before(HostInspected, what, host=host)
    looks = [
        look
        for look in record.all(HostInspected, host=host)
        if record.host_at(server, look.line) == host
    ]
    if not looks:
        raise NotProduced(what, HostInspected)
    return looks


@server_judge(
    question="no domain of the server is left on the host it left",
    group="clean_up",
    applies=LEAVING,
    needs=NEEDS,
    excused_by=("single_copy",),
    evidence=("host.inspected",),
)
def source_without_domain(record: ScenarioRecord, server: ServerIntroduced) -> Finding:
    """A domain that is left could be started a second time.

    A failure means: the host could start the server a second time.
    """
    expected, found, lines = [], [], []
    for source in record.left(server):
        expected.append(f"no domain of the server on {source}")
        for look in inspections(record, source, cleaned_up(record, server)):
            if look.event.domains is None:
                raise NotProduced(f"list of the domains of {source}", HostInspected)
            if any(domain.server == server.server for domain in look.event.domains):
                reason = f"{source} still has the domain of the server that left it."
                return failed(reason, expected[-1], f"domain {server.server}", look.line)
            found.append(f"{len(look.event.domains)} domains, not this one")
            lines.append(look.line)
    if record.planned(f"{HostInspected.kind}:{words.BEFORE}"):
        source = record.left(server)[0]
        earlier = looks_while_there(record, server, source)
        seen = [
            look
            for look in earlier
            if any(one.server == server.server for one in look.event.domains or ())
        ]
        lines.append((seen or earlier)[0].line)
        if not seen:
            reason = (
                f"The look at {source} before did not see the domain either: it proves nothing."
            )
            return unclear(reason, "; ".join(expected), "; ".join(found), *lines)
    return passed("; ".join(expected), "; ".join(found), *lines)


@server_judge(
    question="no disk of the server is left on the host it left",
    group="clean_up",
    applies=LEAVING,
    needs=NEEDS,
    excused_by=("source_without_domain", "single_copy"),
    evidence=("host.inspected",),
)
def source_without_disk(record: ScenarioRecord, server: ServerIntroduced) -> Finding:
    """Space would be lost, and a tenant's data be left where they are no more looked for.

    A failure means: a disk was not removed: space is lost, and data of a tenant are left. A
    disk in a folder that the destination shares with the host is none of its own.
    """
    found, lines = [], []
    expected = f"no disk of the server on {' nor on '.join(record.left(server))}"
    for source in record.left(server):
        for look in inspections(record, source, cleaned_up(record, server)):
            if look.event.disks is None:
                raise NotProduced(f"list of the disks on {source}", HostInspected)
            paths = [path for owner, path in look.event.disks if owner == server.server]
            lines.append(look.line)
            shared = _shared(record, server, look) if paths else None
            if shared:
                host, line = shared
                found.append(f"its folder is one that {source} and {host} share")
                lines.append(line)
            elif paths:
                left = ", ".join(paths)
                reason = f"{source} still has disks of the server that left it: {left}."
                return failed(reason, expected, left, look.line)
            else:
                found.append("none")
    if server.storage == words.EPHEMERAL:
        return _seen_before(record, server, expected, "; ".join(found), lines)
    return passed(expected, "; ".join(found), *lines)


def _shared(
    record: ScenarioRecord, server: ServerIntroduced, look: Seen[HostInspected]
) -> tuple[str, int] | None:
    """Return the host that shares the folder of a left disk with its source, and its look."""
    # On a host with disks of its own every one that is left is too many.
    if server.storage == words.EPHEMERAL:
        return None
    host = record.destination(server)
    there = inspection(record, host)
    if set(_marks(look, server)) & set(_marks(there, server)):
        return host, there.line
    return None


def _marks(look: Seen[HostInspected], server: ServerIntroduced) -> list[str]:
    return [mark for owner, mark in look.event.marks if owner == server.server]


def _seen_before(
    record: ScenarioRecord, server: ServerIntroduced, expected: str, found: str, lines: list[int]
) -> Finding:
    """Pass only if the same look at the source could see the disk while it was there."""
    source = record.left(server)[0]
    earlier = looks_while_there(record, server, source)
    seen = [
        look
        for look in earlier
        if any(owner == server.server and path for owner, path in look.event.disks or ())
    ]
    lines = [(seen or earlier)[0].line, *lines]
    if not seen:
        reason = f"The look at {source} before did not see the disk either, so it proves nothing."
        return unclear(reason, expected, found, *lines)
    return passed(expected, found, *lines)


@server_judge(
    question="no allocation of the server is left on the host it left",
    group="clean_up",
    applies=LEAVING,
    needs=NEEDS,
    excused_by=("id_kept", "destination_whole"),
    evidence=("allocation.snapshot",),
)
def source_without_allocation(record: ScenarioRecord, server: ServerIntroduced) -> Finding:
    """Placement would take the host for fuller than it is.

    A failure means: the host looks fuller than it is.
    """
    since = cleaned_up(record, server)
    what = "look at the allocations"
    shot = record.last_look(AllocationSnapshot, what, since, server=server.server)
    sources = record.left(server)
    expected = f"no allocation on {' nor on '.join(sources)}"
    by_host = shot.event.by_host
    for source in sources:
        if source in by_host:
            held = allocations.text(by_host[source])
            reason = f"{source} still holds an allocation for the server that left it: {held}."
            return failed(reason, expected, held, shot.line)
    for move, hosts in shot.event.by_move.items():
        held = "; ".join(f"{allocations.text(held)} on {host}" for host, held in hosts.items())
        reason = f"The server's move still holds an allocation, by its record {move}: {held}."
        return failed(reason, f"{expected}, nor by any move", held, shot.line)
    if not by_host:
        reason = "Placement shows no allocation of the server on any host."
        return failed(reason, expected, "no allocation at all", shot.line)
    return passed(expected, "only on " + ", ".join(sorted(by_host)), shot.line)
