# SPDX-License-Identifier: Apache-2.0
"""Turns the verdicts of one judge into what a test method says: passes, raises, skips.

May not know: Tempest. A test method is one line: ``ask(history, story, judge, test, uuid)``.
"""

from __future__ import annotations

import unittest
from collections.abc import Sequence
from pathlib import Path

from migration_tests.judges import judge as judge_story
from migration_tests.record import history
from migration_tests.record.story_events import TestAsked
from migration_tests.record.verdicts import FAIL, PASS, SKIP, UNKNOWN, Verdict


class JudgeFailed(AssertionError):  # noqa: N818 - a verdict, not an error
    """The cloud did not keep the promise; the text names what was expected and found."""


class JudgeUnknown(Exception):  # noqa: N818 - shown to people; it is no error of the cloud
    """It could not be learned whether the cloud kept the promise: never a pass, never a fail."""


def ask(path: Path, story: str, judge: str, test: str, uuid: str) -> None:
    """Judge the record so far and raise what the verdicts of one judge ask for.

    The asking is recorded, which ties the verdicts to the test in verdicts.json.

    :param path: the history.
    :param judge: the judge's name.
    :param test: the test's full ID.
    :param uuid: its idempotent ID.
    :raises JudgeFailed: when a verdict is fail.
    :raises JudgeUnknown: when none is fail and one is unknown.
    :raises unittest.SkipTest: when nothing was judged.
    """
    asked = TestAsked(judge=judge, test=test, uuid=uuid)
    history.History(path).append(asked, source="test", story=story)
    verdicts = judge_story(history.read(path), story)
    tell([verdict for verdict in verdicts if verdict.judge == judge])


def tell(verdicts: Sequence[Verdict]) -> None:
    """Raise what the verdicts of one judge ask for; see `ask`."""
    if not verdicts:
        raise JudgeUnknown("UNKNOWN: there is no such judge")
    outcomes = {verdict.outcome for verdict in verdicts}
    if FAIL in outcomes:
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
    who = f"{verdict.storage} server {verdict.server}: " if verdict.server else ""
    lines = ", ".join(str(line) for line in verdict.evidence)
    parts = [
        f"{who}{verdict.outcome}: {verdict.reason}",
        f"  expected: {verdict.expected}",
        f"  found:    {verdict.found}" if verdict.found else "",
        f"  evidence: history.jsonl, lines {lines}" if lines else "",
    ]
    return "\n".join(part for part in parts if part)
