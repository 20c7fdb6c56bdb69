# SPDX-License-Identifier: Apache-2.0
"""The judge of the destination: all of the server is there, and as much as it must be.

May not know: whether it runs (`running`), what the hosts it left still hold (`leftovers`).
"""

from __future__ import annotations

from collections.abc import Sequence

from migration_tests.judges import allocations
from migration_tests.judges.allocations import Amounts
from migration_tests.judges.applies import LEAVING
from migration_tests.judges.course import Seen
from migration_tests.judges.finding import Finding, NotProduced, failed, passed, unclear
from migration_tests.judges.leftovers import inspection
from migration_tests.judges.registry import server_judge
from migration_tests.judges.scenario_record import ScenarioRecord
from migration_tests.record import words
from migration_tests.record.events import (
    AllocationSnapshot,
    HostInspected,
    ServerIntroduced,
    ServerSnapshot,
)


@server_judge(
    question="domain, disk and allocation of the server are on its host, the right ones",
    group="clean_up",
    applies=LEAVING,
    needs=(
        "landed_elsewhere",
        "migration_completed",
        "decision_completed",
        "server_started",
        "clean_up_completed",
    ),
    excused_by=("flavor_kept", "flavor_as_asked"),
    evidence=("host.inspected", "allocation.snapshot", "server.snapshot"),
)
def destination_whole(record: ScenarioRecord, server: ServerIntroduced) -> Finding:
    """Its host has all of it, and Placement holds there what its flavor says and no more.

    A failure means: the clean-up removed too much, the claim was lost or is of another size,
    or a third host holds one, too.
    """
    host = record.destination(server)
    look = inspection(record, host)
    shot = record.last_look(AllocationSnapshot, "look at the allocations", server=server.server)
    lines = [look.line, shot.line]
    parts = ["domain", "allocation"] + ["disk"] * (server.storage == words.EPHEMERAL)
    expected = f"{', '.join(parts)} on {host}"
    missing = _missing(look, shot, server, host)
    if missing:
        gone = " and ".join(missing)
        reason = f"On {host}, where the server is, its {gone} is missing."
        return failed(reason, expected, f"no {gone}", *lines)
    allocated = _allocated(record, server, host, shot)
    if isinstance(allocated, Finding):
        return allocated
    return passed(expected, "all there", *lines, *allocated)


def _missing(
    look: Seen[HostInspected],
    shot: Seen[AllocationSnapshot],
    server: ServerIntroduced,
    host: str,
) -> list[str]:
    if look.event.domains is None:
        raise NotProduced(f"list of the domains of {host}", HostInspected)
    missing = []
    if not any(domain.server == server.server for domain in look.event.domains):
        missing.append("domain")
    if not shot.event.by_host.get(host):
        missing.append("allocation")
    if server.storage == words.EPHEMERAL:
        if look.event.disks is None:
            raise NotProduced(f"list of the disks on {host}", HostInspected)
        if not any(owner == server.server and path for owner, path in look.event.disks):
            missing.append("disk")
    return missing


def _allocated(
    record: ScenarioRecord, server: ServerIntroduced, host: str, shot: Seen[AllocationSnapshot]
) -> Finding | list[int]:
    """Compare the allocations with the flavor, or with those before if the flavor does not tell.

    :return: a fail or unknown, or the lines that more was learned from
    """
    lines = [shot.line]
    flavor = record.last_look(ServerSnapshot, "snapshot after the move", server=server.server)
    wanted = allocations.implied(flavor.event.flavor, server.storage)
    lines.append(flavor.line)
    source = record.source(server)
    looks = [(host, shot, wanted)]
    if source and record.planned(f"{AllocationSnapshot.kind}:{words.BEFORE}"):
        what = "look at the allocations before"
        before = record.look_before(AllocationSnapshot, what, server=server.server)
        earlier = record.look_before(ServerSnapshot, "snapshot before", server=server.server)
        held = before.event.by_host.get(source, {})
        former = allocations.implied(earlier.event.flavor, server.storage)
        same = earlier.event.flavor == flavor.event.flavor
        wanted = held if wanted is None and same else wanted
        looks = [(source, before, former or held), (host, shot, wanted)]
        lines.insert(0, before.line)
    for where, seen, due in looks:
        if not due:
            reason = f"What the server must hold is not told by its flavor: {flavor.event.flavor}."
            return unclear(reason, "the allocation of its flavor", "unknown", *lines)
        # What is left on a host that it has left is the question of another judge.
        left = record.left(server) if seen is shot else ()
        wrong = _wrong(seen, where, due, left)
        if wrong:
            expected = f"{allocations.text(due)} on {where} and nowhere else"
            found = "; ".join(
                f"{allocations.text(amounts)} on {name}"
                for name, amounts in sorted(seen.event.by_host.items())
            )
            return failed(wrong, expected, found or "no allocation", *lines)
    return lines


def _wrong(seen: Seen[AllocationSnapshot], host: str, wanted: Amounts, left: Sequence[str]) -> str:
    when = " before" if seen.event.moment == words.BEFORE else ""
    others = sorted(name for name in seen.event.by_host if name not in (host, *left))
    if others:
        return f"The server had{when} an allocation on {', '.join(others)}, where it is not."
    held = {name: amount for name, amount in seen.event.by_host.get(host, {}).items() if amount}
    if held != wanted:
        return (
            f"On {host} the server held{when} {allocations.text(held)}, its flavor says"
            f" {allocations.text(wanted)}."
        )
    return ""
