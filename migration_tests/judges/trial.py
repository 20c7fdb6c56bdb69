# SPDX-License-Identifier: Apache-2.0
"""What has been answered so far about one scenario, and what follows from what.

A verdict that follows from another names it. A scenario that stopped is held against the judge
that owns the step it stopped in, unless that one says why by itself. May not know: any question.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from migration_tests.judges.course import Seen
from migration_tests.judges.finding import Finding
from migration_tests.judges.registry import Judge
from migration_tests.judges.scenario_record import ScenarioRecord
from migration_tests.record import words
from migration_tests.record.events import ScenarioStopped, ServerIntroduced
from migration_tests.record.verdicts import FAIL, PASS, SKIP, UNKNOWN, Verdict

NOT_JUDGED = "not judged: "


@dataclass(frozen=True)
class Answer:
    """A verdict, and how it came about.

    :ivar own: the judge was asked and found it; not so where its evidence is missing
    :ivar arises: whether the question arises; not so where it is not applicable or not planned
    :ivar cause: the fail or unknown of another judge that it follows from
    :ivar stop: the stop of the scenario it follows from, while it is not known whose doing that is
    """

    verdict: Verdict
    own: bool = False
    arises: bool = True
    cause: Verdict | None = None
    stop: Seen[ScenarioStopped] | None = None


@dataclass
class Trial:
    """The answers about one scenario so far."""

    record: ScenarioRecord
    judges: Sequence[Judge]
    answers: list[Answer] = field(default_factory=list)
    _by_judge: dict[str, list[Answer]] = field(default_factory=dict)

    def add(self, answers: Sequence[Answer]) -> None:
        """Add the answers of one judge."""
        self.answers += answers
        for answer in answers:
            self._by_judge.setdefault(answer.verdict.judge, []).append(answer)

    def of(self, name: str, server: str | None) -> list[Answer]:
        """Answers of a judge that bear on a question about `server` (None: about them all)."""
        return [
            answer
            for answer in self._by_judge.get(name, ())
            if server is None or answer.verdict.server in (None, server)
        ]

    def question(self, name: str) -> str:
        """Return what a judge asks."""
        return next(judge.question for judge in self.judges if judge.name == name)

    def needed(self, name: str) -> tuple[str, ...]:
        """Return the evidence a judge cannot do without."""
        return next(judge.evidence for judge in self.judges if judge.name == name)

    # --- making answers ------------------------------------------------------------------------

    def found(self, judge: Judge, server: ServerIntroduced | None, finding: Finding) -> Answer:
        """Return the answer of a judge that was asked."""
        verdict = self._verdict(judge, server, finding.outcome, finding.reason)
        return Answer(
            replace(
                verdict, expected=finding.expected, found=finding.found, evidence=finding.evidence
            ),
            own=True,
        )

    def unknown(
        self, judge: Judge, server: ServerIntroduced | None, reason: str, *lines: int
    ) -> Answer:
        """Return the answer that nobody knows."""
        verdict = self._verdict(judge, server, UNKNOWN, reason)
        return Answer(replace(verdict, evidence=lines))

    def idle(self, judge: Judge, server: ServerIntroduced | None, reason: str) -> Answer:
        """Return the answer that the question does not arise."""
        return Answer(self._verdict(judge, server, SKIP, reason), arises=False)

    def pending(
        self,
        judge: Judge,
        server: ServerIntroduced | None,
        stop: Seen[ScenarioStopped],
        reason: str,
    ) -> Answer:
        """Return an answer that follows from a stop of the scenario; whose is said at the end."""
        verdict = self._verdict(judge, server, SKIP, reason)
        return Answer(replace(verdict, evidence=(stop.line,)), stop=stop)

    def _verdict(
        self, judge: Judge, server: ServerIntroduced | None, outcome: str, reason: str
    ) -> Verdict:
        return Verdict(
            scenario=self.record.scenario,
            judge=judge.name,
            storage=server.storage if server else None,
            server=server.server if server else None,
            outcome=outcome,
            reason=reason,
            expected=judge.question,
            group=judge.group,
        )

    # --- what follows from what ----------------------------------------------------------------

    def blocked(self, judge: Judge, server: ServerIntroduced | None) -> Answer | None:
        """Return why a judge is not asked, if one that it needs has not passed."""
        for need in judge.needs:
            for answer in self.of(need, server.server if server else None):
                verdict = answer.verdict
                if verdict.outcome == PASS or not answer.arises:
                    continue
                # A question about the whole is not stopped by what was not asked of one server.
                if verdict.outcome == SKIP and verdict.server is not None and server is None:
                    continue
                if answer.stop:
                    return self.pending(judge, server, answer.stop, verdict.reason)
                return self._follows(judge, server, answer.cause or verdict)
        return None

    def excused(
        self, judge: Judge, server: ServerIntroduced | None, finding: Finding | None = None
    ) -> Answer | None:
        """Return why a judge does not fail, if the failure of another explains it."""
        for name in judge.excused_by:
            for answer in self.of(name, server.server if server else None):
                cause = answer.cause or answer.verdict
                if cause.outcome != FAIL:
                    continue
                reason = f"{NOT_JUDGED}it follows from {cause.judge}, which failed: {cause.reason}"
                verdict = self._verdict(judge, server, SKIP, reason)
                if finding:
                    verdict = replace(verdict, found=finding.found, evidence=finding.evidence)
                return Answer(verdict, cause=cause)
        return None

    def explained(self, judge: Judge, server: ServerIntroduced | None) -> Answer | None:
        """Return why evidence of a judge is missing, if the fail or unknown of another says so."""
        for name in judge.explained_by:
            # What became of this server tells most; but looks are taken for all of them.
            for whose in dict.fromkeys((server.server if server else None, None)):
                for answer in self.of(name, whose):
                    cause = answer.cause or answer.verdict
                    if cause.outcome in (FAIL, UNKNOWN):
                        return self._follows(judge, server, cause)
        return None

    def _follows(self, judge: Judge, server: ServerIntroduced | None, cause: Verdict) -> Answer:
        return Answer(
            self._verdict(judge, server, SKIP, because(cause, self.question(cause.judge))),
            cause=cause,
        )

    def stop_before(
        self, kinds: Sequence[str], moment: str | None
    ) -> Seen[ScenarioStopped] | None:
        """Return the stop that kept the scenario from recording something, if one did.

        :param kinds: what is missing; none: something that the first steps bring
        """
        record = self.record
        phases = record.producers(kinds, moment)
        if any(record.ended(phase) for phase in phases):
            return None
        for phase in phases:
            own = record.stop_in(phase)
            if own:
                return own
        if phases and all(phase.recovery for phase in phases):
            before = record.phases[: record.phases.index(phases[0])]
            stops = [record.stop_in(phase) for phase in before if phase.recovery]
            found = [stop for stop in stops if stop]
            if found:
                return found[-1]
        return record.stopped


def because(cause: Verdict, question: str) -> str:
    """Return why nothing is judged that follows from a fail or an unknown."""
    if cause.outcome == UNKNOWN:
        return f"{NOT_JUDGED}it is not known whether {question} ({cause.judge})"
    return f"{NOT_JUDGED}{cause.judge} failed: {cause.reason}"


def hold_against(trial: Trial, judge: Judge, answers: list[Answer]) -> list[Answer]:
    """Let the judge of the step the scenario stopped in say so, unless it says why by itself."""
    record = trial.record
    for stop in record.all(ScenarioStopped):
        if record.step_of(stop) not in judge.steps or not any(a.arises for a in answers):
            continue
        if any(_explains(answer, stop) for answer in answers):
            continue
        outcome = FAIL if stop.event.cause == words.CLOUD else UNKNOWN
        finding = Finding(
            outcome=outcome,
            reason=stop.event.reason,
            expected=judge.question,
            found="",
            evidence=(stop.line,),
        )
        # Answers that only say "stopped there" would repeat what this one says.
        kept = [a for a in answers if a.verdict.outcome == PASS and a.verdict.server]
        answers = [trial.found(judge, None, finding), *kept]
    return answers


def _explains(answer: Answer, stop: Seen[ScenarioStopped]) -> bool:
    """Whether an answer of the judge that owns a step says why the scenario stopped in it."""
    if answer.verdict.outcome == FAIL:
        return True
    if stop.event.cause == words.HARNESS:
        return answer.verdict.outcome == UNKNOWN or answer.cause is not None
    if answer.cause is not None:
        return answer.cause.outcome == FAIL
    return answer.own and answer.verdict.outcome == UNKNOWN


def explain_stops(trial: Trial) -> None:
    """Say whose doing it is that the scenario stopped, in all answers that follow from that."""
    for index, answer in enumerate(trial.answers):
        if answer.stop is None:
            continue
        cause = _cause_of(trial, answer.stop, answer.verdict.server)
        if cause:
            reason = because(cause, trial.question(cause.judge))
            verdict = replace(answer.verdict, reason=reason)
        else:
            stop = answer.stop.event
            reason = (
                f"{answer.verdict.reason}: the scenario stopped while"
                f" {trial.record.doing(stop.phase)}: {stop.reason}"
            )
            verdict = replace(answer.verdict, outcome=UNKNOWN, reason=reason)
        trial.answers[index] = replace(answer, verdict=verdict, cause=cause, stop=None)


def _cause_of(trial: Trial, stop: Seen[ScenarioStopped], server: str | None) -> Verdict | None:
    """Return the fail or unknown that a stop is put down to; of this server, if there is one."""
    step = trial.record.step_of(stop)
    found: list[Verdict] = []
    for judge in trial.judges:
        if step in judge.steps:
            for answer in trial.of(judge.name, None):
                cause = answer.cause or answer.verdict
                if answer.stop is None and cause.outcome in (FAIL, UNKNOWN):
                    found.append(cause)
    found.sort(key=lambda cause: (cause.outcome != FAIL, cause.server not in (None, server)))
    return found[0] if found else None
