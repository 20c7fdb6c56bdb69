# SPDX-License-Identifier: Apache-2.0
"""Turns the verdicts of one judge into what a test method says: passes, raises, skips.

A test method is one line: ``ask(history, scenario, judge)``. Asking adds nothing to the record,
and a scenario is judged once however many tests read its verdicts. May not know: Tempest.
"""

from __future__ import annotations

import functools
import unittest
from collections.abc import Sequence
from pathlib import Path

from migration_tests.judges.engine import judge as judge_lines
from migration_tests.record import history
from migration_tests.record.verdicts import FAIL, PASS, SKIP, UNKNOWN, Verdict


class JudgeFailed(AssertionError):  # noqa: N818 - a verdict, not an error
    """The cloud did not keep the promise; the text names what was expected and found."""


class JudgeUnknown(Exception):  # noqa: N818 - shown to people; it is no error of the cloud
    """It could not be learned whether the cloud kept the promise: never a pass, never a fail."""


def verdicts_of(path: Path, scenario: str) -> Sequence[Verdict]:
    """Return all verdicts on a scenario, as its record is now.

    :param path: the history.
    :raises migration_tests.record.history.HistoryError: when it cannot be read.
    """
    try:
        size = path.stat().st_size
    except OSError as error:
        raise history.HistoryError(
            f"{path} cannot be read: {error}; is this a run folder?"
        ) from error
    return _judged(path, scenario, size)


# A history only grows: with the same size it is the same one.
@functools.lru_cache(maxsize=4)
def _judged(path: Path, scenario: str, size: int) -> tuple[Verdict, ...]:
    return tuple(judge_lines(history.read(path), scenario))


def ask(path: Path, scenario: str, judge: str) -> None:
    """Raise what the verdicts of one judge ask for.

    :param path: the history.
    :param judge: the judge's name.
    :raises JudgeFailed: when a verdict is fail, and not by a known bug.
    :raises JudgeUnknown: when none is fail and one is unknown.
    :raises unittest.SkipTest: when nothing was judged, or a known bug was all that failed.
    """
    raise_for([v for v in verdicts_of(path, scenario) if v.judge == judge])


def raise_for(verdicts: Sequence[Verdict]) -> None:
    """Raise what the verdicts of one judge ask for; see `ask`."""
    if not verdicts:
        raise JudgeUnknown("UNKNOWN: there is no such judge")
    outcomes = {verdict.outcome for verdict in verdicts}
    failed = [verdict for verdict in verdicts if verdict.outcome == FAIL]
    if failed and all(verdict.known for verdict in failed) and UNKNOWN not in outcomes:
        raise unittest.SkipTest(_texts(verdicts, FAIL))
    if failed:
        raise JudgeFailed(_texts(verdicts, FAIL, UNKNOWN))
    if UNKNOWN in outcomes:
        raise JudgeUnknown("UNKNOWN: " + _texts(verdicts, UNKNOWN))
    if PASS not in outcomes:
        raise unittest.SkipTest(_texts(verdicts, SKIP))


def _texts(verdicts: Sequence[Verdict], *outcomes: str) -> str:
    texts = [_text(verdict) for verdict in verdicts if verdict.outcome in outcomes]
    return "\n".join(dict.fromkeys(texts))


def _text(verdict: Verdict) -> str:
    if verdict.outcome == SKIP:
        return verdict.reason
    known = f" (known: {verdict.known})" if verdict.known else ""
    who = f"{verdict.storage} server {verdict.server}: " if verdict.server else ""
    lines = ", ".join(str(line) for line in verdict.evidence)
    parts = [
        f"{who}{verdict.outcome}{known}: {verdict.reason}",
        f"  expected: {verdict.expected}",
        f"  found:    {verdict.found}" if verdict.found else "",
        f"  evidence: history.jsonl, lines {lines}" if lines else "",
    ]
    return "\n".join(part for part in parts if part)
