# SPDX-License-Identifier: Apache-2.0
"""Judges of the host: did it really die, was it seen to be down, is it whole again.

May not know: what became of its servers.
"""

from __future__ import annotations

from migration_tests.judges.absence import never
from migration_tests.judges.engine import StoryJudge
from migration_tests.judges.finding import Finding, failed, passed, unclear
from migration_tests.judges.story_record import StoryRecord
from migration_tests.record import words
from migration_tests.record.events import (
    HostBooted,
    HostKilled,
    Reading,
    ServiceReported,
    ServiceSeen,
)

WITNESSES = 2  # how many independent witnesses must say that a host is dead


def _died(record: StoryRecord) -> Finding:
    killed = record.last(HostKilled, "report of the fault")
    host = killed.event.host
    independent = {r.witness: r for r in killed.event.readings if not r.driver}
    dead = [r for r in independent.values() if r.says == "dead"]
    alive = [r for r in independent.values() if r.says == "alive"]
    expected = f"{WITNESSES} witnesses independent of {killed.event.via} say {host} is dead"
    found = _readings(tuple(independent.values()))
    if alive:
        reason = f"{host} did not die: {_readings(tuple(alive))}."
        return failed(reason, expected, found, killed.line)
    if len(dead) < WITNESSES:
        reason = f"It is not proved that {host} died: {found}."
        return unclear(reason, expected, found, killed.line)
    return passed(expected, found, killed.line)


def _readings(readings: tuple[Reading, ...]) -> str:
    texts = [
        f"{r.witness} says {r.says}" + (f" ({r.detail})" if r.detail else "") for r in readings
    ]
    return ", ".join(texts) or "no independent witness spoke"


def _seen_down(record: StoryRecord) -> Finding:
    killed = record.last(HostKilled, "report of the fault")
    host = killed.event.host
    after = [s for s in record.all(ServiceSeen, host=host) if s.t >= _cut(killed.event, killed.t)]
    expected = f"the compute service of {host} is seen down after the host died"
    down = [s for s in after if s.event.state == "down"]
    if down:
        seen = down[0]
        how = "was forced down" if seen.event.forced_down else "went down by itself"
        return passed(expected, f"it {how}", killed.line, seen.line)
    last = record.last(ServiceSeen, f"look at the compute service of {host}", host=host)
    reason = f"The compute service of {host} was never seen down."
    found = f"still {last.event.state}"
    return never(
        record, words.SERVICE_DOWN, reason, expected=expected, found=found, lines=[last.line]
    )


def _cut(killed: HostKilled, told: float) -> float:
    return told if killed.t_injected is None else killed.t_injected


def _recovered(record: StoryRecord) -> Finding:
    host = record.source
    what = f"boot ID of {host}"
    before = record.last(HostBooted, what, host=host, moment=words.BEFORE)
    after = record.last(HostBooted, f"new {what}", host=host, moment=words.RECOVERED)
    expected = f"{host} booted anew and its compute service is up"
    if before.event.boot_id == after.event.boot_id:
        reason = f"{host} has the boot ID it had before: it was never off."
        found = f"boot ID {after.event.boot_id} both times"
        return failed(reason, expected, found, before.line, after.line)
    back = _back(record, host)
    if not back:
        last = record.last(ServiceSeen, f"look at the compute service of {host}", host=host)
        reason = f"{host} booted, but its compute service did not come up."
        return never(
            record,
            words.POWER_ON,
            reason,
            expected=expected,
            found=_service(last.event),
            lines=[before.line, after.line, last.line],
        )
    found = f"new boot ID {after.event.boot_id}, service up"
    return passed(expected, found, before.line, after.line, back[0])


def _back(record: StoryRecord, host: str) -> list[int]:
    """Lines that show the service alive again.

    While it is forced down the cloud calls it "down" whatever it does; then its reports tell.
    """
    killed = _killed_line(record)
    reports = [s.line for s in record.all(ServiceReported, host=host) if s.line > killed]
    seen = [s for s in record.all(ServiceSeen, host=host) if s.line > killed]
    down = [s.line for s in seen if s.event.state == "down"]
    # For a while after its death the cloud still believes it up.
    up = [s.line for s in seen if s.event.state == "up" and down and s.line > down[0]]
    return sorted([*reports, *up])


def _killed_line(record: StoryRecord) -> int:
    return record.last(HostKilled, "report of the fault").line


def _given_back(record: StoryRecord) -> Finding:
    host = record.source
    last = record.last(ServiceSeen, f"look at the compute service of {host}", host=host)
    expected = "up, enabled, not forced down"
    found = _service(last.event)
    if found == expected:
        return passed(expected, found, last.line)
    reason = f"{host} was not given back to the cloud: its compute service is {found}."
    return never(
        record, words.GIVE_BACK, reason, expected=expected, found=found, lines=[last.line]
    )


def _service(seen: ServiceSeen) -> str:
    forced = "forced down" if seen.forced_down else "not forced down"
    return f"{seen.state}, {seen.status}, {forced}"


HOST_DIED = StoryJudge(
    name="host_died",
    question="the host really died, as two independent witnesses say",
    ask=_died,
    phases=(words.KILL,),
)
SERVICE_SEEN_DOWN = StoryJudge(
    name="service_seen_down",
    question="the cloud saw the compute service of the dead host down",
    ask=_seen_down,
    needs=("host_died",),
    phases=(words.SERVICE_DOWN,),
)
HOST_RECOVERED = StoryJudge(
    name="host_recovered",
    question="the host came back with a new boot ID and its compute service is up",
    ask=_recovered,
    needs=("host_died",),
    phases=(words.POWER_ON,),
)
HOST_GIVEN_BACK = StoryJudge(
    name="host_given_back",
    question="the host was given back: service up, enabled, not forced down",
    ask=_given_back,
    needs=("host_recovered", "clean_up_completed"),
    phases=(words.GIVE_BACK, words.LOOK_BACK),
)
