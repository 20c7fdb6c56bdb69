# SPDX-License-Identifier: Apache-2.0
"""Makes judges of something that must be the same before a move and at each look after it.

What there was none of before is no pass: it fails, or the question does not arise. May not know:
any attribute.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from migration_tests.judges.applies import MOVED
from migration_tests.judges.finding import Finding, NotApplicable, failed, passed
from migration_tests.judges.registry import ServerJudge, Target, Which, register
from migration_tests.judges.scenario_record import ScenarioRecord
from migration_tests.record.event import Event
from migration_tests.record.events import ServerIntroduced, ServerSnapshot

NEEDS = ("evacuation_completed", "migration_completed", "rescue_completed")

Values = dict[str, str]  # what it belongs to (a port, an address, the server itself) -> its value
# Says why there must have been one before, or nothing if there need not.
NoneBefore = Callable[[ScenarioRecord, ServerIntroduced, Any], str]


@dataclass(frozen=True)
class Looks:
    """What is compared: looks of one kind, before and after.

    :ivar what: a look, for people
    :ivar shown: who showed it, as the beginning of a sentence
    """

    kind: type[Event]
    what: str
    shown: str

    @property
    def evidence(self) -> tuple[str, ...]:
        """What must be planned to be recorded."""
        return f"{self.kind.kind}:before", self.kind.kind


BY_THE_CLOUD = Looks(ServerSnapshot, "snapshot", "The cloud showed")


def kept(
    name: str,
    attribute: str,
    values: Callable[[Any], Values],
    excused_by: tuple[str, ...],
    *,
    means: str,
    none_before: NoneBefore | None = None,
    evidence: tuple[str, ...] = (),
    needs: tuple[str, ...] = NEEDS,
    looks: Looks = BY_THE_CLOUD,
    group: str = "identity",
    applies: Which[Target] = MOVED,
    decided: bool = False,
) -> None:
    """Register the judge of one attribute.

    :param attribute: for people, without an article
    :param values: gives it as comparable text, by what it belongs to
    :param means: what a failure means
    :param none_before: if it is not there, every server must have one
    :param decided: it is another one while a move waits to be confirmed or reverted
    :param evidence: what must be planned besides the looks: parts that earlier records lack
    """

    def ask(record: ScenarioRecord, server: ServerIntroduced) -> Finding:
        kind, of = looks.kind, {"server": server.server}
        before = record.look_before(kind, f"{looks.what} before", **of)
        after = record.looks(kind, f"{looks.what} after the move", **of)
        if decided:
            after = [look for look in after if not record.waits(server, look.line)]
        expected = values(before.event)
        if not any(expected.values()):
            why = "every server has one"
            if none_before:
                why = none_before(record, server, before.event)
            if why:
                reason = f"{looks.shown} no {attribute} before, but {why}."
                return failed(reason, f"a {attribute}", "none", before.line)
            if not any(any(values(look.event).values()) for look in after):
                raise NotApplicable(f"it had no {attribute} before")
        for look in after:
            found = values(look.event)
            if found != expected:
                was, now = _differing(expected, found)
                reason = f"The {attribute} changed from {was} to {now}."
                return failed(reason, text(expected), text(found), before.line, look.line)
        lines = (before.line, *(look.line for look in after))
        return passed(text(expected), text(expected), *lines)

    ask.__doc__ = f"Compared with the look before at each later one.\n\nA failure means: {means}."
    register(
        ServerJudge(
            name=name,
            question=f"the {attribute} is as it was before",
            group=group,
            applies=applies,
            needs=needs,
            excused_by=excused_by,
            evidence=(*evidence, *looks.evidence),
            ask=ask,
        )
    )


def text(values: Values) -> str:
    """Return values for people; a value that belongs to the server itself stands alone."""
    if set(values) == {""}:
        return values[""] or "none"
    return ", ".join(f"{value} ({key})" for key, value in sorted(values.items())) or "none"


def _differing(expected: Values, found: Values) -> tuple[str, str]:
    """Return as text only what is not the same."""
    keys = [key for key in {**expected, **found} if expected.get(key) != found.get(key)]
    one = len(keys) == 1 and len(expected) == len(found) == 1
    texts = []
    for values in (expected, found):
        part = {key: values[key] for key in keys if key in values}
        texts.append(", ".join(part.values()) or "none" if one else text(part))
    return texts[0], texts[1]
