# SPDX-License-Identifier: Apache-2.0
"""The judge of the domain: the hypervisor itself says that the server runs, on its host only.

That a domain is listed does not say that it runs. May not know: what the cloud shows.
"""

from __future__ import annotations

from migration_tests.judges import domains
from migration_tests.judges.applies import MOVED, RUNS_ON
from migration_tests.judges.copies import doubt, looks_by_host
from migration_tests.judges.course import Seen
from migration_tests.judges.domains import Span
from migration_tests.judges.finding import Finding, NotProduced, failed, passed, unclear
from migration_tests.judges.leftovers import inspection
from migration_tests.judges.registry import server_judge
from migration_tests.judges.scenario_record import ScenarioRecord
from migration_tests.record import words
from migration_tests.record.events import (
    DomainsSeen,
    HostInspected,
    MoveRequested,
    RequestMade,
    ServerIntroduced,
    ServerSeen,
    SshAnswered,
)

# A request has its effect before its answer is on the record: seconds that may lie between.
BEFORE_ANSWER = 2.0


@server_judge(
    question="the domain of the server runs, on its host and on no other",
    group="copies",
    applies=RUNS_ON,
    needs=("landed_elsewhere", "server_started"),
    excused_by=(
        *("single_copy", "destination_whole", "hard_reboot_survived"),
        *("original_went_on", "bystander_undisturbed"),
    ),
    explained_by=("hard_reboot_survived",),
    evidence=("domains.seen", "host.inspected"),
)
def domain_running(record: ScenarioRecord, server: ServerIntroduced) -> Finding:
    """At the last look at each host, and at every look since the server answered.

    A failure means: Nova shows the server ACTIVE and its hypervisor does not run it, or runs
    it on another host, too.
    """
    host = record.host_at_end(server)
    logins = record.all(SshAnswered, server=server.server, moment=words.RUNNING)
    # Before it, a server may be right to be stopped.
    look = inspection(record, host, logins[-1].line if logins else 0)
    if look.event.domains is None:
        raise NotProduced(f"list of the domains of {host}", HostInspected)
    expected = f"domain {words.DOMAIN_RUNS} on {host} and on no other host"
    states = [one.state for one in look.event.domains if one.server == server.server]
    if not states:
        reason = f"{host} does not list the domain of the server."
        return failed(reason, expected, "no domain", look.line)
    if states[0] is None:
        reason = f"The domain is listed on {host}, but whether it runs was not learned."
        return unclear(reason, expected, "a domain of unknown state", look.line)
    if states[0] != words.DOMAIN_RUNS:
        reason = f"The domain on {host} does not run: it is {states[0] or 'without a state'}."
        return failed(reason, expected, f"domain {states[0]}", look.line)
    for other in _last_looks(record):
        if other.event.host != host and _lists_running(other.event, server.server):
            reason = f"The domain of the server runs on {other.event.host}, too."
            found = f"also on {other.event.host}"
            return failed(reason, expected, found, look.line, other.line)
    return _all_the_time(record, server, host, expected, look.line)


def _last_looks(record: ScenarioRecord) -> list[Seen[HostInspected]]:
    """Return the last look at each host that was not taken before."""
    looks = [s for s in record.all(HostInspected) if s.event.moment != words.BEFORE]
    return list({seen.event.host: seen for seen in looks}.values())


def _lists_running(look: HostInspected, server: str) -> bool:
    return any(
        domain.server == server and domain.state == words.DOMAIN_RUNS
        for domain in look.domains or ()
    )


def _all_the_time(
    record: ScenarioRecord, server: ServerIntroduced, host: str, expected: str, line: int
) -> Finding:
    """See to it that no look since the server answered showed it not running."""
    began = record.began() or 0.0
    lines = [line]
    wrong = doubt(record, server)
    if wrong:
        return unclear(wrong, expected, "looks that cannot be trusted", line)
    looks = looks_by_host(record).get(host, [])
    for begin, end in _must_run(record, server):
        for seen in looks:
            event = seen.event
            if event.domains is None or event.t_last_began < begin or event.t_first_ended > end:
                continue
            lines.append(seen.line)
            if not domains.runs(event, server.server):
                at = max(begin, event.t_first_began) - began
                reason = (
                    f"The domain of the server did not run on {host} {at:.1f} s after the first"
                    " disturbance or move, though it had answered."
                )
                return failed(reason, expected, f"not running at {at:.1f} s", *lines)
    plan = record.plan
    if len(lines) == 1 and plan and host in plan.hosts_looked_at:
        raise NotProduced(f"look at the domains of {host} after the server answered", DomainsSeen)
    for shown in record.all(ServerSeen, server=server.server)[-1:]:
        if (shown.event.status, shown.event.task_state) != (words.ACTIVE, None):
            # Another judge says why, and nobody knows what its domain should do.
            raise NotProduced("look at the server that shows it ACTIVE at the end", ServerSeen)
    return passed(expected, f"running at {len(lines)} looks", *lines)


def _must_run(record: ScenarioRecord, server: ServerIntroduced) -> list[Span]:
    """Return the times in which a server must run where it is at the end."""
    forever = float("inf")
    if not MOVED(server):
        began = record.began()
        return [] if began is None else [(began, forever)]
    spans = []
    answered = record.all(SshAnswered, server=server.server, answered=True)
    asked = [
        *(seen.t for seen in record.all(RequestMade, server=server.server)),
        *(seen.t for seen in record.all(MoveRequested, server=server.server)),
    ]
    for login in answered:
        if login.event.moment != words.BEFORE:
            end = min((t for t in asked if t > login.t), default=forever)
            spans.append((login.t, end - BEFORE_ANSWER))
    return spans
