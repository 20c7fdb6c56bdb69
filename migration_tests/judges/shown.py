# SPDX-License-Identifier: Apache-2.0
"""The judge of where the cloud says a server is: one host, and there its domain runs.

May not know: where the server should be (`landing`), whether a copy runs elsewhere (`copies`).
"""

from __future__ import annotations

from collections.abc import Iterable

from migration_tests.judges import domains
from migration_tests.judges.applies import MOVED, RUNS_ON
from migration_tests.judges.copies import doubt, looks_by_host
from migration_tests.judges.course import Seen
from migration_tests.judges.finding import Finding, NotProduced, failed, passed, unclear
from migration_tests.judges.registry import server_judge
from migration_tests.judges.scenario_record import ScenarioRecord
from migration_tests.record.events import DomainsSeen, ServerIntroduced, ServerSnapshot
from migration_tests.record.events.servers import DETAILS

EXPECTED = "host, hypervisor, and the host where the domain runs are one"


@server_judge(
    question="the host that the cloud shows is that of its hypervisor, and there its domain runs",
    group="copies",
    applies=RUNS_ON,
    needs=("landed_elsewhere",),
    excused_by=(
        *("domain_running", "single_copy", "destination_whole"),
        *("server_started", "status_as_promised", "unrescue_completed"),
    ),
    evidence=(DETAILS, "server.snapshot:before", "server.snapshot", "domains.seen"),
)
def host_shown_truly(record: ScenarioRecord, server: ServerIntroduced) -> Finding:
    """At each look through the API, and of a running server its domain too.

    Of a server that is not moved only the first and the last look count.

    A failure means: Nova's own words contradict each other, or the hosts: whoever goes by one of
    them (a scheduler, an operator, the next move) goes wrong.
    """
    of = {"server": server.server}
    after = record.looks(ServerSnapshot, "snapshot after the move", **of)
    looks = [
        record.look_before(ServerSnapshot, "snapshot before", **of),
        *(after if MOVED(server) else after[-1:]),
    ]
    lines: list[int] = []
    seen_to_run = 0
    wrong = doubt(record, server)
    for look in looks:
        host, hypervisor = look.event.host, look.event.hypervisor
        lines.append(look.line)
        found = f"host {host or 'none'}, hypervisor of {hypervisor or 'no host'}"
        if not host or not hypervisor:
            missing = "hypervisor" if host else "host"
            return failed(f"The cloud shows no {missing} of the server.", EXPECTED, found, *lines)
        if host != hypervisor:
            reason = f"The cloud shows the server on {host}, on a hypervisor of {hypervisor}."
            return failed(reason, EXPECTED, found, *lines)
        if look.event.status != "ACTIVE" or wrong:
            continue
        for other, ran, where in _ran(record, server, look.t):
            lines += where
            if ran != (other == host):
                did = f"ran on {other}" if ran else "did not run there"
                reason = f"The cloud showed the server on {host} when its domain {did}."
                return failed(reason, EXPECTED, f"{found}, its domain {did}", *lines)
            seen_to_run += ran and look is not looks[0]
    if wrong:
        return unclear(wrong, EXPECTED, "looks that cannot be trusted", *lines)
    if not seen_to_run:
        raise NotProduced("look at the domain of the server at its host", DomainsSeen)
    return passed(EXPECTED, f"{looks[-1].event.host} at {len(looks)} looks", *lines)


def _ran(
    record: ScenarioRecord, server: ServerIntroduced, t: float
) -> Iterable[tuple[str, bool, tuple[int, ...]]]:
    """Yield of each host whether a server's domain ran there at a time, and which looks say so.

    A host of which the looks around that time do not say the same is left out.
    """
    for host, looks in looks_by_host(record).items():
        around = _around(looks, t)
        if around and all(seen.event.domains is not None for seen in around):
            ran = {domains.runs(seen.event, server.server) for seen in around}
            if len(ran) == 1:
                yield host, ran.pop(), tuple(seen.line for seen in around)


def _around(looks: list[Seen[DomainsSeen]], t: float) -> list[Seen[DomainsSeen]]:
    """Return the looks that enclose a time: one that goes on over it, or the two beside it."""
    before = [seen for seen in looks if seen.event.t_first_began <= t]
    after = [seen for seen in looks if seen.event.t_last_ended >= t]
    if not before or not after:
        return []
    return list({seen.line: seen for seen in (before[-1], after[0])}.values())
