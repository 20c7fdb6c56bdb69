# SPDX-License-Identifier: Apache-2.0
"""Builds the whole of verdicts.json from a history, without the cloud.

May not know: who asks for it (`certify`, `report`, the end of a test class).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence

from migration_tests.judges.costs import costs
from migration_tests.judges.course import scenarios
from migration_tests.judges.engine import NOT_JUDGED, judge_scenario
from migration_tests.judges.known_bugs import KNOWN_BUGS
from migration_tests.judges.measures import measure
from migration_tests.judges.registry import registered
from migration_tests.judges.scenario_record import ScenarioRecord
from migration_tests.record import history, verdicts
from migration_tests.record.events import (
    RunFinished,
    RunStarted,
    ScenarioStopped,
    TestErrored,
    TestSkipped,
    TestsPlanned,
)
from migration_tests.record.history import Line
from migration_tests.record.run_folder import RunFolder
from migration_tests.record.verdicts import Measure, Run, Verdict, Verdicts

HARNESS = "harness"  # stands as the judge where something broke outside all judges


def write_verdicts(folder: RunFolder) -> Verdicts:
    """Judge the history of a run anew and write its verdicts.json.

    May be called at any time and by several processes: each writes what the history says then.

    :raises migration_tests.record.history.HistoryError: when the history cannot be read.
    :raises migration_tests.record.verdicts.VerdictsError: when the result breaks the schema.
    """
    result = build(history.read(folder.history), folder.name)
    verdicts.write(result, folder.verdicts)
    return result


def build(lines: Sequence[Line], run: str) -> Verdicts:
    """Return all verdicts and measures of a history.

    :param run: the run's ID, for a history that does not tell it.
    """
    found: list[Verdict] = []
    measures: list[Measure] = []
    for scenario in scenarios(lines):
        record = ScenarioRecord(lines, scenario)
        tests = _tests(record)
        judged = judge_scenario(record, registered())
        for verdict in judged:
            test, uuid = tests.get(verdict.judge, ("", ""))
            found.append(dataclasses.replace(verdict, test=test, uuid=uuid))
        found += _unowned(record)
        measures += [*measure(record), *costs(record, judged), *_bugs(record, judged)]
    found += _outside(lines)
    return Verdicts(run=_run(lines, run), verdicts=tuple(found), measures=tuple(measures))


def _bugs(record: ScenarioRecord, judged: Sequence[Verdict]) -> Iterator[Measure]:
    """Yield how often each known bug showed itself, where it could have."""
    plan = record.plan
    moves = {one.move for server in plan.servers for one in server.expected} if plan else set()
    for bug in KNOWN_BUGS:
        asked = [
            one
            for one in judged
            if one.judge == bug.judge and one.outcome in (verdicts.PASS, verdicts.FAIL)
        ]
        if asked and moves & set(bug.moves):
            yield Measure(
                name=f"known_bug.{bug.bug}",
                scenario=record.scenario,
                storage=None,
                server=None,
                unit="failures",
                value=sum(one.known == bug.bug for one in asked),
                error=0,
                samples=len(asked),
            )


def _tests(record: ScenarioRecord) -> dict[str, tuple[str, str]]:
    """Return the test and the UUID of each judge that a test asks."""
    return {
        judge: (test, uuid)
        for seen in record.all(TestsPlanned)
        for judge, test, uuid in seen.event.tests
    }


def _unowned(record: ScenarioRecord) -> Iterator[Verdict]:
    """Yield verdicts on an early end that no judge answers for: it is no pass either."""
    owned = {step for judge in registered() for step in judge.steps}
    for stop in record.all(ScenarioStopped):
        if record.step_of(stop) not in owned:
            doing = record.doing(stop.event.phase)
            reason = f"the scenario stopped while {doing}: {stop.event.reason}"
            yield _harness(record.scenario, verdicts.UNKNOWN, reason, line=stop.line)
    if record.cut_off:
        reason = f"the record breaks off while {record.cut_off}"
        yield _harness(record.scenario, verdicts.UNKNOWN, reason)


def _outside(lines: Sequence[Line]) -> Iterator[Verdict]:
    """Yield verdicts on tests that ended before they could ask their judge."""
    for line in lines:
        if isinstance(line.event, TestErrored):
            reason = f"a test ended outside all judges: {line.event.error}"
            outcome = verdicts.UNKNOWN
        elif isinstance(line.event, TestSkipped):
            reason, outcome = f"{NOT_JUDGED}{line.event.reason}", verdicts.SKIP
        else:
            continue
        found = _harness(line.scenario or "", outcome, reason, line=line.number)
        yield dataclasses.replace(found, test=line.event.test)


def _harness(scenario: str, outcome: str, reason: str, line: int | None = None) -> Verdict:
    return Verdict(
        scenario=scenario,
        judge=HARNESS,
        storage=None,
        server=None,
        outcome=outcome,
        reason=reason,
        expected="the scenario goes to its end and every test asks its judge",
        evidence=() if line is None else (line,),
    )


def _run(lines: Sequence[Line], run: str) -> Run:
    readable = [line for line in lines if line.t_wall]
    started = next((x.event for x in lines if isinstance(x.event, RunStarted)), None)
    finished = [line.t_wall for line in lines if isinstance(line.event, RunFinished)]
    return Run(
        id=started.run if started else run,
        started=readable[0].t_wall if readable else "",
        finished=finished[-1] if finished else None,
        suite=started.suite if started else "",
        cloud=started.cloud if started else "",
        profile=started.profile if started else "",
        defects=started.defects if started else (),
    )
