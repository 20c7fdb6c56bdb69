# SPDX-License-Identifier: Apache-2.0
"""A run on one screen: scenario and storage by group of judges, with the worst of each.

Everything comes from verdicts.json. May not know: the history, the judges, the cloud.
"""

from __future__ import annotations

import string
import textwrap
from collections.abc import Iterable, Sequence

from migration_tests.record.verdicts import FAIL, PASS, SKIP, UNKNOWN, Verdict

KNOWN = "known"  # a failure that a known bug explains
MARKS = {FAIL: "F", UNKNOWN: "?", KNOWN: "f", PASS: "+", SKIP: "-"}  # the worst first
OTHERS = "others"  # what belongs to no group, and groups of runs that do not say them
WIDTH = 99


def render(verdicts: Sequence[Verdict]) -> str:
    """Return the table with its legend; without a line break at the end.

    :param verdicts: those that were asked for: what does not apply is no cell
    """
    groups = list(dict.fromkeys(verdict.group or OTHERS for verdict in verdicts))
    rows = list(dict.fromkeys((one.scenario, one.storage or "") for one in verdicts))
    # The scenario as a whole stands above its kinds of storage, in the order of the run.
    order = list(dict.fromkeys(scenario for scenario, _ in rows))
    rows.sort(key=lambda row: (order.index(row[0]), row[1] != ""))
    letters = dict(zip(groups, string.ascii_letters, strict=False))
    names = {row: f"  {row[1]}" if row[1] else row[0] or "outside all scenarios" for row in rows}
    label = max(len(name) for name in names.values())
    lines = [f"{'':{label}}  {' '.join(letters.values())}  passed"]
    shown: set[str] = set()
    for row in rows:
        of = [one for one in verdicts if (one.scenario, one.storage or "") == row]
        if row[0] not in shown and row[1]:
            lines.append(row[0])
        shown.add(row[0])
        cells = " ".join(_worst(of, group) for group in letters)
        judged = [one for one in of if one.outcome != SKIP]
        passed = sum(one.outcome == PASS for one in judged)
        lines.append(f"{names[row]:{label}}  {cells}  {passed} of {len(judged)}")
    marks = "+ pass, F fail, f fail by a known bug, ? unknown, - not judged"
    legend = ", ".join(f"{letter} {name.replace('_', ' ')}" for name, letter in letters.items())
    return "\n".join([*lines, "", marks, *textwrap.wrap(legend, WIDTH)])


def _worst(verdicts: Iterable[Verdict], group: str) -> str:
    of = [one for one in verdicts if (one.group or OTHERS) == group]
    there = {KNOWN if one.known else one.outcome for one in of}
    return next((mark for outcome, mark in MARKS.items() if outcome in there), " ")
