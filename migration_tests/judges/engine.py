# SPDX-License-Identifier: Apache-2.0
"""Asks the judges in their order and turns their answers into verdicts.

Here stand the rules that hold for every judge. A skip says why it may be: the scenario was not
run, the question does not arise, its evidence is not planned, or it follows from a fail or an
unknown, which it names. Evidence that is missing for any other reason is unknown; so is what a
judge that raises would have said. One cause fails, in one judge. May not know: any question.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from migration_tests.judges.finding import Finding, NotApplicable, NotProduced
from migration_tests.judges.known_bugs import KNOWN_BUGS
from migration_tests.judges.registry import (
    Judge,
    ScenarioJudge,
    ServerJudge,
    Target,
    concerned,
    missing_evidence,
    registered,
)
from migration_tests.judges.scenario_record import ScenarioRecord
from migration_tests.judges.scrutiny import scrutinize
from migration_tests.judges.trial import (
    NOT_JUDGED,
    Answer,
    Trial,
    explain_stops,
    hold_against,
)
from migration_tests.record import words
from migration_tests.record.events import ServerIntroduced
from migration_tests.record.history import Line
from migration_tests.record.verdicts import FAIL, PASS, Verdict

NOT_APPLICABLE, NOT_PLANNED = "not applicable: ", "not planned: "


def judge(lines: Iterable[Line], scenario: str) -> list[Verdict]:
    """Return the verdicts of all registered judges on one scenario.

    :param lines: a history, other scenarios' lines included.
    :param scenario: the scenario's name.
    """
    return judge_scenario(ScenarioRecord(lines, scenario), registered())


def judge_scenario(record: ScenarioRecord, judges: Sequence[Judge]) -> list[Verdict]:
    """Ask all judges about one scenario; each has at least one verdict.

    :param judges: in an order in which a judge comes after those that it names.
    """
    trial = Trial(record, judges)
    for one in judges:
        trial.add(hold_against(trial, one, _ask(trial, one)))
    explain_stops(trial)
    scrutinize(trial)
    return [_known(record, answer.verdict) for answer in trial.answers]


def _known(record: ScenarioRecord, verdict: Verdict) -> Verdict:
    """Say of a failure which known bug it shows, if it does."""
    if verdict.outcome != FAIL or record.plan is None:
        return verdict
    moves = [one.move for server in record.plan.servers for one in server.expected]
    offered = record.plan.compute_offered
    bugs = [
        bug.bug
        for bug in KNOWN_BUGS
        if bug.explains(verdict.judge, moves, verdict.reason, offered)
    ]
    return replace(verdict, known=bugs[0]) if bugs else verdict


def _ask(trial: Trial, judge: Judge) -> list[Answer]:
    record, plan = trial.record, trial.record.plan
    if record.skipped:
        reason = f"{NOT_JUDGED}the scenario was not run: {record.skipped.event.reason}"
        return [trial.idle(judge, None, reason)]
    if plan is None:
        return [_missing(trial, judge, None, NotProduced("plan of the scenario"))]
    targets: list[Target] = [*record.servers, *record.never_came]
    if targets or isinstance(judge, ScenarioJudge):
        if not concerned(judge, plan, targets):
            reason = f"{NOT_APPLICABLE}there is no {judge.applies.words}"
            return [trial.idle(judge, None, reason)]
        lacking = missing_evidence(judge, plan)
        if lacking:
            reason = f"{NOT_PLANNED}the scenario does not record {lacking}"
            return [trial.idle(judge, None, reason)]
    if isinstance(judge, ScenarioJudge):
        ask = judge.ask
        return [_answer(trial, judge, None, lambda: ask(record))]
    assert isinstance(judge, ServerJudge)
    return _of_servers(trial, judge, targets)


def _of_servers(trial: Trial, judge: ServerJudge, targets: Sequence[Target]) -> list[Answer]:
    answers = []
    for server in trial.record.servers:
        if judge.applies(server):
            answers.append(_of_server(trial, judge, server))
    there = len(trial.record.servers)
    if not targets or any(judge.applies(server) for server in targets[there:]):
        missing = NotProduced("server that the scenario was to boot")
        blocked = trial.blocked(judge, None)
        answers.append(blocked or _missing(trial, judge, None, missing))
    return answers


def _of_server(trial: Trial, judge: ServerJudge, server: ServerIntroduced) -> Answer:
    return _answer(trial, judge, server, lambda: judge.ask(trial.record, server))


def _answer(
    trial: Trial, judge: Judge, server: ServerIntroduced | None, ask: Callable[[], Finding]
) -> Answer:
    blocked = trial.blocked(judge, server)
    if blocked:
        return blocked
    try:
        finding = ask()
    except NotProduced as missing:
        follows = trial.excused(judge, server) or trial.explained(judge, server)
        return follows or _missing(trial, judge, server, missing)
    except NotApplicable as reason:
        return trial.idle(judge, server, f"{NOT_APPLICABLE}{reason}")
    except Exception as error:
        text = f"the judge itself failed: {type(error).__name__}: {error}"
        return trial.unknown(judge, server, text)
    if finding.outcome != PASS:
        excused = trial.excused(judge, server, finding)
        if excused:
            return excused
    return trial.found(judge, server, finding)


def _missing(
    trial: Trial, judge: Judge, server: ServerIntroduced | None, missing: NotProduced
) -> Answer:
    """Evidence is not there: whose doing is that?"""
    record = trial.record
    if missing.kinds and not _planned(record, missing):
        return trial.idle(judge, server, f"{NOT_PLANNED}the scenario records no {missing.what}")
    no_evidence = f"there is no {missing.what} in the record"
    lost = record.lost(missing.kinds, server.server if server else None)
    stop = trial.stop_before(missing.kinds, missing.moment)
    if stop and not lost and stop.event.cause == words.CLOUD:
        return trial.pending(judge, server, stop, no_evidence)
    lines: tuple[int, ...] = ()
    if lost:
        why, lines = f": {lost.reason}", (lost.line,)
    elif stop:
        doing = record.doing(stop.event.phase)
        why, lines = f": the harness failed while {doing}: {stop.event.reason}", (stop.line,)
    elif record.cut_off:
        why = f": the record breaks off while {record.cut_off}"
    elif record.unreadable:
        why, lines = ", and some of its lines cannot be read", tuple(record.unreadable)
    else:
        why = ", though it was to be recorded"
    return trial.unknown(judge, server, no_evidence + why, *lines)


def _planned(record: ScenarioRecord, missing: NotProduced) -> bool:
    moment = f":{missing.moment}" if missing.moment else ""
    return any(record.planned(f"{kind}{moment}") for kind in missing.kinds)
