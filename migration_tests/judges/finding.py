# SPDX-License-Identifier: Apache-2.0
"""What a judge says: a finding, or why it can say nothing.

May not know: the engine that asks, the other judges.
"""

from __future__ import annotations

from dataclasses import dataclass

from migration_tests.record import verdicts
from migration_tests.record.event import Event


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One judge's answer, with what it rests on."""

    outcome: str
    reason: str
    expected: str
    found: str
    evidence: tuple[int, ...]


class NotProduced(Exception):  # noqa: N818 - an answer, not an error
    """The evidence a judge needs is not in the record; the engine says whose doing that is.

    Never for what the cloud answered: that a cloud shows no host for a port is an answer, and
    fails the judge that asks for it.

    :param what: the missing evidence, as the end of "there is no ...".
    :param kinds: kinds of events that would have been the evidence; the first is looked up in
        the plan, to find the step that would have brought it.
    :param moment: when the missing look should have been taken; None where there are no moments.
    """

    def __init__(self, what: str, *kinds: type[Event], moment: str | None = None) -> None:
        super().__init__(what)
        self.what = what
        self.kinds = tuple(kind.kind for kind in kinds)
        self.moment = moment


class NotApplicable(Exception):  # noqa: N818
    """The question does not arise; the text says why."""


def passed(expected: str, found: str, *lines: int) -> Finding:
    """Return a pass."""
    return _finding(verdicts.PASS, "", expected, found, lines)


def failed(reason: str, expected: str, found: str, *lines: int) -> Finding:
    """Return a fail; the reason is a sentence."""
    return _finding(verdicts.FAIL, reason, expected, found, lines)


def unclear(reason: str, expected: str, found: str, *lines: int) -> Finding:
    """Return an unknown: there is evidence, but it does not decide the question."""
    return _finding(verdicts.UNKNOWN, reason, expected, found, lines)


def _finding(
    outcome: str, reason: str, expected: str, found: str, lines: tuple[int, ...]
) -> Finding:
    return Finding(
        outcome=outcome,
        reason=reason,
        expected=expected,
        found=found,
        evidence=tuple(sorted(set(lines))),
    )
