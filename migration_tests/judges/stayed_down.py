# SPDX-License-Identifier: Apache-2.0
"""The judge of a host that boots again by itself: it left alone what was evacuated from it.

It rests on looks at the host on a short interval, from the proof of its death until the last
evacuation had ended. May not know: how its nova-compute is held back.
"""

from __future__ import annotations

from migration_tests.judges import domains
from migration_tests.judges.applies import CRASHED
from migration_tests.judges.course import Seen
from migration_tests.judges.domains import MAX_PAUSE, Span
from migration_tests.judges.finding import Finding, NotProduced, failed, passed, unclear
from migration_tests.judges.moves import Disturbance
from migration_tests.judges.registry import scenario_judge
from migration_tests.judges.scenario_record import ScenarioRecord
from migration_tests.record import words
from migration_tests.record.events import MigrationSeen, ServiceHeld

EXPECTED = "nova-compute held back and not running, and no guest, at every look"


@scenario_judge(
    question="nova-compute and the guests of the crashed host stayed away until all evacuations"
    " had ended",
    group="stayed_down",
    applies=CRASHED,
    needs=("host_died",),
    steps=("check_hold",),
    evidence=("disturbance.started", "service.held", "migration.seen"),
)
def host_stayed_down(record: ScenarioRecord) -> Finding:
    """It was seen so at every look since its death was proved.

    A failure means: something on the host starts nova-compute although it is held back (a
    configuration management that removes what it does not know, a watchdog), or starts guests at
    a boot: servers may have run twice, and what is said of them here may be due to that.
    """
    findings = [_stayed_down(record, one) for one in record.disturbed()]
    return next((one for one in findings if one.outcome != "pass"), findings[0])


def _stayed_down(record: ScenarioRecord, disturbance: Disturbance) -> Finding:
    host, proved = disturbance.host, disturbance.seen.t
    all_looks = record.all(ServiceHeld, host=host)
    if not all_looks:
        raise NotProduced(f"look at {host} while its nova-compute is held back", ServiceHeld)
    until = _until(record)
    looks = [look for look in all_looks if look.event.t_first_began <= until]
    lines = [disturbance.line, *(look.line for look in looks)]
    for look in looks:
        wrong = _wrong(look.event)
        if wrong:
            at = look.event.t_first_ended - disturbance.start
            reason = f"{at:.1f} s after {host} had crashed, {wrong}."
            return failed(reason, EXPECTED, wrong, disturbance.line, look.line)
    doubt = domains.contradiction(looks)
    if doubt:
        reason = f"What was seen of {host} contradicts itself: {doubt}."
        return unclear(reason, EXPECTED, "looks that cannot be trusted", *lines)
    hole = _hole(looks, proved, until)
    if hole:
        first, last = (one - disturbance.start for one in hole)
        why = next((f" ({look.event.error})" for look in looks if look.event.error), "")
        reason = (
            f"{host} was not looked at from {first:.1f} s to {last:.1f} s after its crash{why}."
        )
        return unclear(reason, EXPECTED, "too long without a look", *lines)
    found = f"so at all looks for {until - proved:.1f} s"
    return passed(EXPECTED, found, *lines)


def _wrong(look: ServiceHeld) -> str:
    """Return what looks have shown that must not be, in words."""
    found = []
    if look.held is False:
        found.append("what had held its nova-compute back was gone")
    if look.running:
        found.append("its nova-compute ran again")
    if look.guests:
        found.append(f"{look.guests} guest(s) ran on it")
    return " and ".join(found)


def _until(record: ScenarioRecord) -> float:
    """Return when the last evacuation had ended, or when what was left of them was given up."""
    evacuations = [
        move
        for server in record.servers
        for move in record.moves(server)
        if move.kind == words.EVACUATION and (move.request is None or move.request.event.accepted)
    ]
    ends = [move.t_end for move in evacuations if move.t_end is not None]
    if ends and len(ends) == len(evacuations):
        return max(ends)
    for phase in record.phases:
        begun = record.begun(phase)
        if phase.recovery and begun:
            return begun.t
    raise NotProduced("end of all evacuations", MigrationSeen)


def _hole(looks: list[Seen[ServiceHeld]], begin: float, end: float) -> Span | None:
    """Return a time in which the host was not looked at for too long, if there is one.

    A short time without any look is no less unseen than a long one.

    :param begin: when it was seen for the last time by those who proved its death
    """
    position = begin
    answered = [look for look in looks if look.event.answered]
    if not answered:
        return begin, end
    for first, last in [*domains.covered(answered), (end, end)]:
        if first - position > MAX_PAUSE and position < end:
            return position, min(first, end)
        position = max(position, last)
    return None
