# SPDX-License-Identifier: Apache-2.0
"""Failing by absence: something never came, though it had all its time.

May not know: what was awaited.
"""

from __future__ import annotations

from migration_tests.judges.finding import Finding, NotProduced, failed
from migration_tests.judges.scenario_record import ScenarioRecord
from migration_tests.record.event import Event


def never(
    record: ScenarioRecord,
    step: str,
    kind: type[Event],
    reason: str,
    *,
    expected: str,
    found: str,
    lines: list[int],
) -> Finding:
    """Return a fail, if the scenario waited as long as it may.

    :param step: the kind of step in which it should have come, "evacuate".
    :param kind: what it would have been on the record.
    :raises NotProduced: when the record does not show that the step had its time.
    """
    phases = [phase for phase in record.phases if phase.step == step]
    if not record.waited(step):
        doing = phases[-1].doing if phases else f"it was in its step {step}"
        raise NotProduced(f"sign that it was waited for long enough while {doing}", kind)
    stops = [stop for phase in phases if (stop := record.stop_in(phase))]
    return failed(reason, expected, found, *lines, *(stop.line for stop in stops))
