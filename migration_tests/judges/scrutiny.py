# SPDX-License-Identifier: Apache-2.0
"""A second look at every pass: whether the evidence it names is whole.

A look that is damaged, or that is missing though it was planned, may have shown otherwise. May not
know: any question.
"""

from __future__ import annotations

from dataclasses import replace

from migration_tests.judges.applies import STAYED
from migration_tests.judges.course import Seen
from migration_tests.judges.scenario_record import ScenarioRecord
from migration_tests.judges.trial import Answer, Trial
from migration_tests.record import words
from migration_tests.record.event import Event
from migration_tests.record.events import DataRead, DiskRead, GuestMetadata, SshAnswered
from migration_tests.record.verdicts import FAIL, PASS, UNKNOWN, Verdict

INSIDE = (SshAnswered, DataRead, DiskRead, GuestMetadata)  # looks at what runs in a server


def scrutinize(trial: Trial) -> None:
    """Turn each pass that rests on evidence which is not whole into an unknown."""
    named = trial.record.by_line()
    bad = {
        answer.verdict.server
        for answer in trial.answers
        if answer.verdict.outcome in (FAIL, UNKNOWN)
    }
    for index, answer in enumerate(trial.answers):
        verdict = answer.verdict
        if verdict.outcome == PASS:
            evidence = [named[line] for line in verdict.evidence if line in named]
            trial.answers[index] = _scrutinized(trial, answer, evidence, bad)


def _scrutinized(
    trial: Trial, answer: Answer, evidence: list[Seen[Event]], bad: set[str | None]
) -> Answer:
    record, verdict = trial.record, answer.verdict
    kinds = {seen.event.kind for seen in evidence}
    kinds |= {one.partition(":")[0] for one in trial.needed(verdict.judge)}
    damage = record.damage(sorted(kinds), verdict.server)
    if damage:
        lines = tuple(sorted({*verdict.evidence, damage.line}))
        return _doubted(answer, f"what was seen is not whole: {damage.reason}", lines)
    # Of a server with which something went wrong not every planned look can be taken; that is
    # said where it went wrong.
    if verdict.server is None or verdict.server in bad or None in bad:
        return answer
    missing = _missing(record, verdict, evidence)
    if missing:
        return _doubted(answer, missing, verdict.evidence)
    return answer


def _doubted(answer: Answer, reason: str, lines: tuple[int, ...]) -> Answer:
    verdict = replace(answer.verdict, outcome=UNKNOWN, reason=reason, evidence=lines)
    return replace(answer, verdict=verdict)


def _missing(record: ScenarioRecord, verdict: Verdict, evidence: list[Seen[Event]]) -> str:
    """Say which look at a moved server was planned, and is not there."""
    server = next(one for one in record.servers if one.server == verdict.server)
    if not server.expected:
        return ""  # at others only the first and the last look are taken
    for kind in {type(seen.event) for seen in evidence if hasattr(seen.event, "moment")}:
        if "server" not in kind.__dataclass_fields__:
            continue
        # One that was left on its dead host does not run until it is rebooted.
        down = STAYED(server) and kind in INSIDE
        for moment in (words.BEFORE, words.REBOOTED) if down else words.MOMENTS:
            there = record.all(kind, server=server.server, moment=moment)
            if record.due(kind, moment) and not there:
                return (
                    f"there is no {kind.kind} of the moment {moment!r} in the record, though it"
                    " was to be recorded"
                )
    return ""
