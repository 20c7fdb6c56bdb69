# SPDX-License-Identifier: Apache-2.0
"""Asks the judges in their order and turns their answers into verdicts.

Here stand the rules that hold for every judge: what is not judged and why, whose doing missing
evidence is, that a judge that raises knows nothing, and that a story that broke is held against
one judge only. May not know: any question itself.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from migration_tests.judges.finding import Finding, NotApplicable, NotProduced
from migration_tests.judges.story_record import StoryRecord
from migration_tests.record import words
from migration_tests.record.events import ServerIntroduced
from migration_tests.record.verdicts import FAIL, PASS, SKIP, UNKNOWN, Verdict

STORAGES = (words.VOLUME, words.SHARED, words.EPHEMERAL)


@dataclass(frozen=True, kw_only=True)
class Judge:
    """One question. Use StoryJudge or ServerJudge.

    :param name: stable name, as it stands in verdicts.json.
    :param question: what is asked, as a statement that should be true.
    :param needs: judges that must have passed (for the same server) before this one is asked.
    :param excused_by: judges whose failure explains a failure of this one.
    :param phases: phases of the story whose breaking is held against this judge.
    """

    name: str
    question: str
    needs: tuple[str, ...] = ()
    excused_by: tuple[str, ...] = ()
    phases: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class StoryJudge(Judge):
    """A question about the story as a whole."""

    ask: Callable[[StoryRecord], Finding]


@dataclass(frozen=True, kw_only=True)
class ServerJudge(Judge):
    """A question asked for each server of the given roles and kinds of storage."""

    ask: Callable[[StoryRecord, ServerIntroduced], Finding]
    roles: tuple[str, ...] = (words.SUBJECT,)
    storages: tuple[str, ...] = STORAGES


@dataclass
class _Trial:
    record: StoryRecord
    judges: dict[str, Judge]
    verdicts: list[Verdict] = field(default_factory=list)

    def of(self, name: str, server: str | None) -> list[Verdict]:
        """Verdicts of a judge that bear on a question about `server` (None: about them all)."""
        return [
            verdict
            for verdict in self.verdicts
            if verdict.judge == name and (server is None or verdict.server in (None, server))
        ]


def try_story(record: StoryRecord, judges: Sequence[Judge]) -> list[Verdict]:
    """Ask all judges about one story; each has at least one verdict.

    :param judges: in an order in which a judge comes after those it needs or is excused by.
    """
    trial = _Trial(record, {judge.name: judge for judge in judges})
    for judge in judges:
        if record.skipped:
            reason = f"not judged: the story was not told: {record.skipped.event.reason}"
            trial.verdicts.append(_verdict(trial, judge, None, SKIP, reason))
            continue
        verdicts = _ask(trial, judge)
        trial.verdicts += _hold_against(trial, judge, verdicts)
    return trial.verdicts


def _ask(trial: _Trial, judge: Judge) -> list[Verdict]:
    if isinstance(judge, StoryJudge):
        ask = judge.ask
        return [_answer(trial, judge, None, lambda: ask(trial.record))]
    assert isinstance(judge, ServerJudge)
    ask_one = judge.ask
    servers = [
        server
        for server in trial.record.servers
        if server.role in judge.roles and server.storage in judge.storages
    ]
    if servers:
        return [
            _answer(trial, judge, server, lambda server=server: ask_one(trial.record, server))  # type: ignore[misc]
            for server in servers
        ]
    if trial.record.servers or not (trial.record.stopped or trial.record.cut_off):
        reason = f"not judged: {_nobody(judge)} in this story"
        return [_verdict(trial, judge, None, SKIP, reason)]
    blocked = _blocked(trial, judge, None)
    if blocked:
        return [_verdict(trial, judge, None, SKIP, blocked)]
    missing = NotProduced("server of the story", ServerIntroduced)
    return [_missing(trial, judge, None, missing)]


def _answer(
    trial: _Trial, judge: Judge, server: ServerIntroduced | None, ask: Callable[[], Finding]
) -> Verdict:
    blocked = _blocked(trial, judge, server)
    if blocked:
        return _verdict(trial, judge, server, SKIP, blocked)
    try:
        finding = ask()
    except NotProduced as missing:
        return _missing(trial, judge, server, missing)
    except NotApplicable as reason:
        return _verdict(trial, judge, server, SKIP, f"not judged: {reason}")
    except Exception as error:
        reason_text = f"the judge itself failed: {type(error).__name__}: {error}"
        return _verdict(trial, judge, server, UNKNOWN, reason_text)
    if finding.outcome == FAIL:
        excuse = _excuse(trial, judge, server)
        if excuse:
            return _verdict(trial, judge, server, SKIP, excuse, finding=finding)
    return _verdict(trial, judge, server, finding.outcome, finding.reason, finding=finding)


def _blocked(trial: _Trial, judge: Judge, server: ServerIntroduced | None) -> str | None:
    """Why the judge is not asked, if one that it needs has not passed."""
    for need in judge.needs:
        for verdict in trial.of(need, server.server if server else None):
            if verdict.outcome == PASS:
                continue
            # A question about the story as a whole is not stopped by what was not asked.
            if verdict.outcome == SKIP and verdict.server is not None and server is None:
                continue
            return _because(trial, verdict)
    return None


def _because(trial: _Trial, verdict: Verdict) -> str:
    if verdict.outcome == SKIP:
        return verdict.reason
    question = trial.judges[verdict.judge].question
    if verdict.outcome == UNKNOWN:
        return f"not judged: it is not known whether {question} ({verdict.judge})"
    return f"not judged: {verdict.judge} failed: {verdict.reason}"


def _excuse(trial: _Trial, judge: Judge, server: ServerIntroduced | None) -> str | None:
    for name in judge.excused_by:
        for verdict in trial.of(name, server.server if server else None):
            if verdict.outcome == FAIL:
                return f"not judged: it follows from {name}, which failed: {verdict.reason}"
    return None


def _missing(
    trial: _Trial, judge: Judge, server: ServerIntroduced | None, missing: NotProduced
) -> Verdict:
    """Evidence is not there: skip when the cloud kept us from it, unknown when we lost it."""
    record = trial.record
    no_evidence = f"there is no {missing.what} in the record"
    lost = record.lost(missing.kinds, server.server if server else None)
    if lost:
        reason = f"{no_evidence}: {lost.event.where} failed: {lost.event.error}"
        return _verdict(trial, judge, server, UNKNOWN, reason, lines=(lost.line,))
    if record.stopped:
        stop = record.stopped
        if stop.event.cause == words.HARNESS:
            reason = f"{no_evidence}: the harness failed while {_phase(stop.event.phase)}: "
            return _verdict(
                trial, judge, server, UNKNOWN, reason + stop.event.reason, lines=(stop.line,)
            )
        reason = f"not judged: the story stopped while {_phase(stop.event.phase)}: "
        return _verdict(trial, judge, server, SKIP, reason + stop.event.reason, lines=(stop.line,))
    if record.cut_off:
        reason = f"{no_evidence}: the record breaks off while {_phase(record.cut_off)}"
        return _verdict(trial, judge, server, UNKNOWN, reason)
    if record.unreadable:
        reason = f"{no_evidence}, and some of its lines cannot be read"
        lines = tuple(record.unreadable)
        return _verdict(trial, judge, server, UNKNOWN, reason, lines=lines)
    return _verdict(trial, judge, server, SKIP, f"not judged: {no_evidence}")


def _hold_against(trial: _Trial, judge: Judge, verdicts: list[Verdict]) -> list[Verdict]:
    """Let the judge of the phase the story broke in say so, unless a failure says it already."""
    stop = trial.record.stopped
    if stop is None or stop.event.phase not in judge.phases:
        return verdicts
    if any(verdict.outcome == FAIL for verdict in (*trial.verdicts, *verdicts)):
        return verdicts
    outcome = FAIL if stop.event.cause == words.CLOUD else UNKNOWN
    if outcome == UNKNOWN and any(verdict.outcome == UNKNOWN for verdict in verdicts):
        return verdicts
    whole = _verdict(trial, judge, None, outcome, stop.event.reason, lines=(stop.line,))
    # Verdicts that only say "stopped there" would repeat what this one says.
    return [whole, *(verdict for verdict in verdicts if verdict.outcome == PASS)]


def _verdict(
    trial: _Trial,
    judge: Judge,
    server: ServerIntroduced | None,
    outcome: str,
    reason: str,
    *,
    finding: Finding | None = None,
    lines: tuple[int, ...] = (),
) -> Verdict:
    return Verdict(
        story=trial.record.story,
        judge=judge.name,
        storage=server.storage if server else None,
        server=server.server if server else None,
        outcome=outcome,
        reason=reason,
        expected=finding.expected if finding else judge.question,
        found=finding.found if finding else "",
        evidence=finding.evidence if finding else lines,
    )


def _phase(phase: str) -> str:
    return words.DOING.get(phase, f"in its phase {phase}")


def _nobody(judge: ServerJudge) -> str:
    if judge.roles == (words.BYSTANDER,):
        return "there is no bystander"
    return "there is no server on " + " or ".join(judge.storages) + " storage"
