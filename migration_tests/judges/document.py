# SPDX-License-Identifier: Apache-2.0
"""Builds the whole of verdicts.json from a history, without the cloud.

May not know: who asks for it (`certify`, `report`, the end of a test class).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from migration_tests.judges import judge
from migration_tests.judges.measures import measure
from migration_tests.judges.story_record import StoryRecord, stories
from migration_tests.record import history, verdicts
from migration_tests.record.history import Line
from migration_tests.record.run_folder import RunFolder
from migration_tests.record.story_events import (
    RunFinished,
    RunStarted,
    TestAsked,
    TestErrored,
    TestSkipped,
)
from migration_tests.record.verdicts import Measure, Run, Verdict, Verdicts

HARNESS = "harness"  # stands as the judge where a test broke outside all judges


def settle(folder: RunFolder) -> Verdicts:
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
    for story in stories(lines):
        asked = {
            line.event.judge: line.event
            for line in lines
            if line.story == story and isinstance(line.event, TestAsked)
        }
        for verdict in judge(lines, story):
            test = asked.get(verdict.judge)
            found.append(
                dataclasses.replace(verdict, test=test.test, uuid=test.uuid) if test else verdict
            )
        measures += measure(StoryRecord(lines, story))
    found += _outside(lines)
    return Verdicts(run=_run(lines, run), verdicts=tuple(found), measures=tuple(measures))


def _outside(lines: Sequence[Line]) -> list[Verdict]:
    """Verdicts on tests that ended before they could ask their judge."""
    found = []
    for line in lines:
        if isinstance(line.event, TestErrored):
            reason = f"a test ended outside all judges: {line.event.error}"
            found.append(_harness(line, line.event.test, verdicts.UNKNOWN, reason))
        elif isinstance(line.event, TestSkipped):
            reason = f"not judged: {line.event.reason}"
            found.append(_harness(line, line.event.test, verdicts.SKIP, reason))
    return found


def _harness(line: Line, test: str, outcome: str, reason: str) -> Verdict:
    return Verdict(
        story=line.story or "",
        judge=HARNESS,
        storage=None,
        server=None,
        outcome=outcome,
        reason=reason,
        expected="the test asks its judge",
        evidence=(line.number,),
        test=test,
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
