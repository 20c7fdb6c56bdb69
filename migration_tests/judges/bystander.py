# SPDX-License-Identifier: Apache-2.0
"""The judge of bystanders: a server on another host must not notice the disaster.

May not know: the server that was evacuated.
"""

from __future__ import annotations

from migration_tests.judges.engine import ServerJudge
from migration_tests.judges.finding import Finding, failed, passed, unclear
from migration_tests.judges.story_record import StoryRecord
from migration_tests.record import words
from migration_tests.record.events import HostKilled, ProbeReport, ServerIntroduced


def _undisturbed(record: StoryRecord, server: ServerIntroduced) -> Finding:
    killed = record.last(HostKilled, "report of the fault")
    seen = record.last(ProbeReport, "report of the probe", server=server.server)
    probe = seen.event
    lines = (killed.line, seen.line)
    cut = killed.t if killed.event.t_injected is None else killed.event.t_injected
    expected = f"no gap longer than {_ms(probe.threshold)}"
    found = (
        f"longest gap {_ms(probe.longest)}, error up to {_ms(probe.error)},"
        f" {probe.answered} of {probe.sent} probes answered"
    )
    if not probe.t_start < cut < probe.t_end:
        reason = "The probe did not run while the host was cut off."
        return unclear(reason, expected, found, *lines)
    if not probe.answered:
        reason = "The probe never had an answer, so it can tell no gap."
        return unclear(reason, expected, found, *lines)
    if probe.longest - probe.error > probe.threshold:
        reason = (
            f"The bystander was not reachable for {_ms(probe.longest)}, with an error of up to"
            f" {_ms(probe.error)}, while {killed.event.host} was dead."
        )
        return failed(reason, expected, found, *lines)
    if probe.longest + probe.error > probe.threshold:
        reason = "The longest gap is as long as allowed, within the error of the probe."
        return unclear(reason, expected, found, *lines)
    return passed(expected, found, *lines)


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms"


BYSTANDER_UNDISTURBED = ServerJudge(
    name="bystander_undisturbed",
    question="the server on another host saw no outage",
    ask=_undisturbed,
    roles=(words.BYSTANDER,),
    needs=("host_died",),
)
