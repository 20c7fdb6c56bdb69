# SPDX-License-Identifier: Apache-2.0
"""Judges of disturbed hosts: did it really happen, was it seen, is the host whole again.

May not know: what became of their servers.
"""

from __future__ import annotations

from collections.abc import Sequence

from migration_tests.judges.absence import never
from migration_tests.judges.applies import DISTURBED, DISTURBING
from migration_tests.judges.course import Seen
from migration_tests.judges.finding import Finding, NotProduced, failed, passed, unclear
from migration_tests.judges.moves import Disturbance
from migration_tests.judges.registry import scenario_judge
from migration_tests.judges.scenario_record import ScenarioRecord
from migration_tests.record.events import (
    DisturbanceStarted,
    HostBooted,
    Reading,
    ServiceReported,
    ServiceSeen,
)

WITNESSES = 2  # how many independent witnesses must say that a host is dead


@scenario_judge(
    question="the host really died, as two independent witnesses say",
    group="host_died",
    applies=DISTURBED,
    steps=DISTURBING,
    evidence=("disturbance.started",),
)
def host_died(record: ScenarioRecord) -> Finding:
    """Each host that was to be disturbed was, by the word of those who did not do it.

    A failure means: the host lived on: the power command did nothing, or went to another
    machine. If the witnesses do not agree or do not speak, it is unknown.
    """
    planned = sum(phase.step in DISTURBING for phase in record.phases)
    if len(record.disturbed()) < planned:
        raise NotProduced("report of each fault", DisturbanceStarted)
    findings = [_died(one) for one in record.disturbed()]
    return _worst(findings)


def _worst(findings: list[Finding]) -> Finding:
    """Return the fail or unknown among findings, else all of them as one."""
    for outcome in ("fail", "unknown"):
        for finding in findings:
            if finding.outcome == outcome:
                return finding
    return passed(
        "; ".join(finding.expected for finding in findings),
        "; ".join(finding.found for finding in findings),
        *(line for finding in findings for line in finding.evidence),
    )


def _died(disturbance: Disturbance) -> Finding:
    event, host = disturbance.seen.event, disturbance.host
    # What a witness saw before the fault was injected is no proof of what it did.
    said = [r for r in event.readings if not r.driver and (r.t_mono or 0) >= disturbance.start]
    independent = {r.witness: r for r in said if r.witness}
    dead = [r for r in independent.values() if r.says == "dead"]
    # A guest that is still there lives on a host that did not die.
    alive = [r for r in independent.values() if r.says in ("alive", "present")]
    expected = f"{WITNESSES} witnesses independent of {event.via} say {host} is dead"
    found = _readings(list(independent.values()))
    if alive:
        reason = f"{host} did not die: {_readings(alive)}."
        return failed(reason, expected, found, disturbance.line)
    if len(dead) < WITNESSES:
        reason = f"It is not proved that {host} died: {found}."
        return unclear(reason, expected, found, disturbance.line)
    odd = [r for r in event.readings if _odd(r, disturbance.seen.t)]
    if odd:
        reason = f"What a witness says of {host} cannot be what it said: {_readings(odd)}."
        return unclear(reason, expected, found, disturbance.line)
    if event.verdict != "injected":
        reason = f"The fault itself does not say that it was injected into {host}."
        return unclear(reason, expected, f"verdict {event.verdict!r}", disturbance.line)
    return passed(expected, found, disturbance.line)


def _odd(reading: Reading, written: float) -> bool:
    """Whether a reading cannot be one: of no time, of later than it was written, of no meaning."""
    said = reading.says in ("dead", "alive", "absent", "present", "unknown")
    return not said or reading.t_mono is None or reading.t_mono > written


def _readings(readings: Sequence[Reading]) -> str:
    texts = [
        f"{r.witness} says {r.says}" + (f" ({r.detail})" if r.detail else "") for r in readings
    ]
    return ", ".join(texts) or "no independent witness spoke"


@scenario_judge(
    question="the cloud saw the compute service of the dead host down",
    group="host_died",
    applies=DISTURBED,
    needs=("host_died",),
    steps=("mark_down",),
    evidence=("disturbance.started", "service.seen"),
)
def service_seen_down(record: ScenarioRecord) -> Finding:
    """The compute service of each dead host was seen down after the host died.

    A failure means: ``service_down_time`` is longer than ``service_down_timeout``, or *forced
    down* was refused or had no effect.
    """
    return _worst([_down(record, one) for one in record.disturbed()])


def _down(record: ScenarioRecord, disturbance: Disturbance) -> Finding:
    host = disturbance.host
    after = [s for s in record.all(ServiceSeen, host=host) if s.t >= disturbance.start]
    expected = f"the compute service of {host} is seen down after the host died"
    down = [s for s in after if s.event.state == "down"]
    if down:
        seen = down[0]
        how = "was forced down" if seen.event.forced_down else "went down by itself"
        return passed(expected, f"it {how}", disturbance.line, seen.line)
    last = record.last(ServiceSeen, f"look at the compute service of {host}", host=host)
    return never(
        record,
        "mark_down",
        ServiceSeen,
        f"The compute service of {host} was never seen down.",
        expected=expected,
        found=f"still {last.event.state}",
        lines=[last.line],
    )


@scenario_judge(
    question="the host came back with a new boot ID and its compute service is up",
    group="host_back",
    applies=DISTURBED,
    needs=("host_died",),
    steps=("power_on",),
    evidence=("host.booted:before", "host.booted:returned", "service.reported", "service.seen"),
)
def host_recovered(record: ScenarioRecord) -> Finding:
    """Each disturbed host booted anew, and its compute service came up.

    A failure means: it booted and nova-compute did not come up, or it never was off.
    """
    return _worst([_recovered(record, one) for one in record.disturbed()])


def _recovered(record: ScenarioRecord, disturbance: Disturbance) -> Finding:
    host = disturbance.host
    what = f"boot ID of {host}"
    before = record.look_before(HostBooted, what, host=host)
    after = record.last_look(HostBooted, f"new {what}", host=host)
    expected = f"{host} booted anew and its compute service is up"
    lines = [before.line, after.line]
    if not (before.event.boot_id and after.event.boot_id):
        return unclear(f"The {what} was not learned.", expected, "an empty boot ID", *lines)
    for look in (before, after):
        other = _of_another_host(record, look)
        if other:
            reason = f"The {what} is said to be that of {other}, too."
            return unclear(reason, expected, f"boot ID {look.event.boot_id}", *lines)
    if before.event.boot_id == after.event.boot_id:
        reason = f"{host} has the boot ID it had before: it was never off."
        found = f"boot ID {after.event.boot_id} both times"
        return failed(reason, expected, found, *lines)
    if after.line < disturbance.line:
        reason = f"The last {what} was read before the fault."
        return unclear(reason, expected, "no later one", *lines)
    back = _back(record, disturbance)
    if not back:
        last = record.last(ServiceSeen, f"look at the compute service of {host}", host=host)
        return never(
            record,
            "power_on",
            ServiceReported,
            f"{host} booted, but its compute service did not come up.",
            expected=expected,
            found=_service(last.event),
            lines=[*lines, last.line],
        )
    found = f"new boot ID {after.event.boot_id}, service up"
    return passed(expected, found, *lines, back[0])


def _of_another_host(record: ScenarioRecord, look: Seen[HostBooted]) -> str:
    """Return which other host was seen with the same boot ID in this run, if one was."""
    for seen in record.everywhere(HostBooted):
        if seen.event.boot_id == look.event.boot_id and seen.event.host != look.event.host:
            return seen.event.host
    return ""


def _back(record: ScenarioRecord, disturbance: Disturbance) -> list[int]:
    """Lines that show the service alive again.

    While it is forced down the cloud calls it "down" whatever it does; then its reports tell.
    """
    host, line = disturbance.host, disturbance.line
    reports = [s.line for s in record.all(ServiceReported, host=host) if s.line > line]
    seen = [s for s in record.all(ServiceSeen, host=host) if s.line > line]
    down = [s.line for s in seen if s.event.state == "down"]
    # For a while after its death the cloud still believes it up.
    up = [s.line for s in seen if s.event.state == "up" and down and s.line > down[0]]
    return sorted([*reports, *up])


@scenario_judge(
    question="the host was given back: service up, enabled, not forced down",
    group="host_back",
    applies=DISTURBED,
    needs=("host_recovered", "clean_up_completed"),
    steps=("give_back", "inspect_hosts"),
    evidence=("disturbance.started", "service.seen"),
)
def host_given_back(record: ScenarioRecord) -> Finding:
    """The cloud may use each disturbed host again.

    A failure means: Nova refused to clear *forced down* or to enable the service: look at the
    host before anything else runs there.
    """
    return _worst([_given_back(record, one) for one in record.disturbed()])


def _given_back(record: ScenarioRecord, disturbance: Disturbance) -> Finding:
    host = disturbance.host
    what = f"look at the compute service of {host}"
    last: Seen[ServiceSeen] = record.last(ServiceSeen, what, host=host)
    expected = "up, enabled, not forced down"
    found = _service(last.event)
    if found == expected:
        if last.line < disturbance.line:
            raise NotProduced(f"{what} after the fault", ServiceSeen)
        return passed(expected, found, last.line)
    return never(
        record,
        "give_back",
        ServiceSeen,
        f"{host} was not given back to the cloud: its compute service is {found}.",
        expected=expected,
        found=found,
        lines=[last.line],
    )


def _service(seen: ServiceSeen) -> str:
    forced = "forced down" if seen.forced_down else "not forced down"
    return f"{seen.state}, {seen.status}, {forced}"
