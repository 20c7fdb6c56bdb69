# SPDX-License-Identifier: Apache-2.0
"""The verdicts of a run as plain text for a terminal.

Everything comes from verdicts.json. May not know: the history, the judges, the cloud.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence

from migration_tests.record.verdicts import (
    FAIL,
    OUTCOMES,
    PASS,
    SKIP,
    UNKNOWN,
    Measure,
    Verdict,
    Verdicts,
)
from migration_tests.report import matrix

WIDTH = 99
LONGEST_REASON = 500  # characters
SHOWN = {PASS: "pass", FAIL: "FAIL", UNKNOWN: "UNKNOWN", SKIP: "skip"}
KNOWN = "fail (known)"
WHOLE = "scenario"  # the column of verdicts about no one server

# Measures of what a scenario cost: how their names begin, and what they are called here.
COST = "cost."
BUG = "known_bug."  # failures by it where it could have shown itself
COSTS = {
    "wall_time": "seconds",
    "cloud_time": "the cloud's",
    "time_ratio": "ratio",
    "verdicts_per_kill": "verdicts a kill",
    "requests_per_move": "requests a move",
}

Column = tuple[str | None, str | None]  # storage and server


# How the reason of a skip begins where the question does not arise (verdicts.json has no field).
IDLE = ("not applicable: ", "not planned: ")


def render(verdicts: Verdicts) -> str:
    """Return the whole report: tables, reasons, measures, sums; ends with a line break."""
    blocks = [_head(verdicts)]
    for scenario in dict.fromkeys(verdict.scenario for verdict in verdicts.verdicts):
        judged = [verdict for verdict in verdicts.verdicts if verdict.scenario == scenario]
        measures = [one for one in verdicts.measures if one.scenario == scenario]
        measures = [one for one in measures if not one.name.startswith((COST, BUG))]
        blocks.append(_scenario(scenario, judged, measures))
    asked = [verdict for verdict in verdicts.verdicts if not _idle(verdict)]
    if len({verdict.scenario for verdict in asked}) > 1:
        blocks.append(matrix.render(asked))
    blocks += [_costs(verdicts.measures), _not_seen(verdicts.measures)]
    blocks.append(_sum(verdicts))
    return "\n\n".join(block for block in blocks if block) + "\n"


def _head(verdicts: Verdicts) -> str:
    run = verdicts.run
    lines = [f"Run {run.id}: started {run.started}, {_end(run.finished)}"]
    details = {"suite": run.suite, "cloud": run.cloud, "selected": run.profile}
    lines += [f"  {name}: {value}" for name, value in details.items() if value]
    if run.defects:
        lines.append(f"  defects loaded on purpose: {', '.join(run.defects)}")
    return "\n".join(lines)


def _end(finished: str | None) -> str:
    return f"finished {finished}" if finished else "cut off before its end"


def _scenario(scenario: str, judged: Sequence[Verdict], measures: Sequence[Measure]) -> str:
    title = scenario or "outside all scenarios"
    heading = f"{title}\n{'=' * len(title)}"
    if len({(verdict.outcome, verdict.reason) for verdict in judged}) == 1 and judged[0].reason:
        # A scenario that was not run needs no row of its own for each judge.
        alike = (
            f"{SHOWN[judged[0].outcome]}: all {len(judged)} verdicts\n"
            f"  {_sentence(judged[0].reason)}"
        )
        return f"{heading}\n\n" + "\n".join(_wrapped(line) for line in alike.split("\n"))
    asked = [verdict for verdict in judged if not _idle(verdict)]
    columns = _columns([*asked, *measures])
    rows = [["", *(_label(column) for column in columns)]]
    for judge in dict.fromkeys(verdict.judge for verdict in asked):
        cells = [
            " ".join(
                _shown(v)
                for v in asked
                if v.judge == judge and (v.storage, v.server) == column
            )
            for column in columns
        ]
        rows.append([judge, *cells])
    blocks = [heading, _aligned(rows), _reasons(asked), _applied(judged, asked)]
    if measures:
        blocks.append(_measured(measures, columns))
    return "\n\n".join(block for block in blocks if block)


def _idle(verdict: Verdict) -> bool:
    return verdict.outcome == SKIP and verdict.reason.startswith(IDLE)


def _applied(judged: Sequence[Verdict], asked: Sequence[Verdict]) -> str:
    """How many judges there were in this scenario, and why not the others."""
    all_of = dict.fromkeys(verdict.judge for verdict in judged)
    applied = dict.fromkeys(verdict.judge for verdict in asked)
    servers = {verdict.server for verdict in asked if verdict.server is not None}
    plural = "" if len(servers) == 1 else "s"
    lines = [f"{len(applied)} of {len(all_of)} judges applied, to {len(servers)} server{plural}."]
    groups: dict[str, list[str]] = {}
    for verdict in judged:
        if _idle(verdict) and verdict.judge not in applied:
            groups.setdefault(verdict.reason, []).append(verdict.judge)
    lines += [f"  {', '.join(names)}: {_sentence(reason)}" for reason, names in groups.items()]
    return "\n".join(_wrapped(line) for line in lines)


def _columns(all_of: Iterable[Verdict | Measure]) -> list[Column]:
    """One column for the scenario as a whole, then one for each server, in their order."""
    columns = dict.fromkeys((one.storage, one.server) for one in all_of)
    return sorted(columns, key=lambda column: column[1] is not None)


def _label(column: Column) -> str:
    storage, server = column
    # The first part of an ID is enough to tell the servers of one scenario apart.
    return WHOLE if server is None else f"{storage} {server.split('-')[0]}"


def _aligned(rows: Sequence[Sequence[str]]) -> str:
    """Return rows as a table; where it is too wide, as several, each with some of the columns."""
    widths = [max(len(row[index]) for row in rows) for index in range(len(rows[0]))]
    tables, columns = [], [0]
    for index in range(1, len(widths)):
        if len(columns) > 1 and sum(widths[c] + 2 for c in (*columns, index)) - 2 > WIDTH:
            tables.append(columns)
            columns = [0]
        columns.append(index)
    return "\n\n".join(_table(rows, widths, some) for some in (*tables, columns))


def _table(rows: Sequence[Sequence[str]], widths: Sequence[int], columns: Sequence[int]) -> str:
    lines = [
        "  ".join(row[column].ljust(widths[column]) for column in columns).rstrip()
        for row in rows
        if any(row[column] for column in columns[1:])
    ]
    return "\n".join(lines)


def _reasons(judged: Sequence[Verdict]) -> str:
    """Why what did not pass did not: equal reasons once, with all they hold for."""
    groups: dict[tuple[str, str, str], list[Verdict]] = {}
    for outcome in (FAIL, UNKNOWN, SKIP):
        for verdict in judged:
            if verdict.outcome == outcome:
                key = (outcome, verdict.reason, verdict.known)
                groups.setdefault(key, []).append(verdict)
    return "\n".join(_reason(verdicts) for verdicts in groups.values())


def _reason(verdicts: Sequence[Verdict]) -> str:
    first = verdicts[0]
    known = f" ({first.known})" if first.known else ""
    lines = [f"{_shown(first)}{known}: {_names(verdicts)}", f"  {_sentence(first.reason)}"]
    if first.outcome != SKIP:
        proofs = [line for verdict in verdicts for line in _proof(verdict)]
        lines += dict.fromkeys(proofs)
    return "\n".join(_wrapped(line) for line in lines)


def _names(verdicts: Sequence[Verdict]) -> str:
    """The judges, those for the same servers together: "host_died; a, b (volume 1, shared 2)"."""
    servers: dict[str, list[str]] = {}
    for verdict in verdicts:
        of = servers.setdefault(verdict.judge, [])
        if verdict.server is not None:
            of.append(_label((verdict.storage, verdict.server)))
    judges: dict[str, list[str]] = {}
    for judge, of in servers.items():
        judges.setdefault(", ".join(of), []).append(judge)
    return "; ".join(", ".join(names) + (f" ({of})" if of else "") for of, names in judges.items())


def _proof(verdict: Verdict) -> list[str]:
    lines = []
    if verdict.expected:
        lines.append(f"    expected: {verdict.expected}")
    if verdict.found:
        lines.append(f"    found: {verdict.found}")
    if verdict.evidence:
        numbers = ", ".join(str(number) for number in verdict.evidence)
        lines.append(f"    evidence: history.jsonl, lines {numbers}")
    if verdict.test:
        # Its name is long: the method alone tells which, and verdicts.json has the whole.
        method = verdict.test.split("[")[0].rsplit(".", 1)[-1]
        lines.append(f"    test: {method}" + (f" [{verdict.uuid}]" if verdict.uuid else ""))
    return lines


def _sentence(text: str) -> str:
    text = " ".join(text.split())
    if len(text) > LONGEST_REASON:
        return text[:LONGEST_REASON].rstrip() + " ... (the whole is in verdicts.json)"
    return text + ("" if text.endswith((".", "!", "?")) else ".")


def _wrapped(line: str) -> str:
    indent = " " * (len(line) - len(line.lstrip()))
    return "\n".join(
        textwrap.wrap(
            line,
            WIDTH,
            subsequent_indent=indent + "  ",
            break_long_words=False,
            break_on_hyphens=False,
        )
    )


def _measured(measures: Sequence[Measure], columns: Sequence[Column]) -> str:
    used = [c for c in columns if any((m.storage, m.server) == c for m in measures)]
    rows = [["measured", *(_label(column) for column in used)]]
    for name in dict.fromkeys(measure.name for measure in measures):
        cells = [
            ", ".join(
                _value(m) for m in measures if m.name == name and (m.storage, m.server) == column
            )
            for column in used
        ]
        rows.append([name, *cells])
    return _aligned(rows)


def _costs(measures: Sequence[Measure]) -> str:
    """What each scenario took of time and requests, and the suite's time against the cloud's."""
    costs = [measure for measure in measures if measure.name.startswith(COST)]
    columns = [name for name in COSTS if any(one.name == COST + name for one in costs)]
    rows = [["", *(COSTS[name] for name in columns)]]
    found = {(one.scenario, one.name.removeprefix(COST)): one.value for one in costs}
    for scenario in dict.fromkeys(one.scenario for one in costs):
        values = [found.get((scenario, name)) for name in columns]
        rows.append([scenario, *("" if value is None else f"{value:g}" for value in values)])
    both = [s for s, name in found if name == "cloud_time" and (s, "wall_time") in found]
    wall, cloud = (sum(found[s, name] for s in both) for name in ("wall_time", "cloud_time"))
    if not cloud:
        return ""
    ratio = f"The suite took {wall:.0f} s, the cloud {cloud:.0f} s of these: {wall / cloud:.2f}."
    return f"{_aligned(rows)}\n\n{ratio}"


def _value(measure: Measure) -> str:
    value = f"{measure.value:.0f}" if measure.value == int(measure.value) else f"{measure.value}"
    error = f" ±{measure.error:g}" if measure.error else ""
    return f"{value}{error} {measure.unit}"


def _shown(verdict: Verdict) -> str:
    return KNOWN if verdict.known else SHOWN[verdict.outcome]


def _not_seen(measures: Sequence[Measure]) -> str:
    """Say which known bugs should have shown themselves, and did not."""
    failed: dict[str, float] = {}
    for one in measures:
        if one.name.startswith(BUG):
            bug = one.name.removeprefix(BUG)
            failed[bug] = failed.get(bug, 0) + one.value
    return "\n".join(
        f"The known bug {bug} made nothing fail here: is it mended?"
        for bug, number in failed.items()
        if not number
    )


def _sum(verdicts: Verdicts) -> str:
    known = sum(bool(verdict.known) for verdict in verdicts.verdicts)
    counts = ", ".join(
        f"{verdicts.count(outcome)} {outcome}"
        + (f" ({known} by known bugs)" if known and outcome == FAIL else "")
        for outcome in OUTCOMES
    )
    if verdicts.good and known:
        said = "Every promise that was judged was kept, but for those that known bugs break."
    elif verdicts.good:
        said = "Every promise that was judged was kept."
    elif verdicts.count(FAIL):
        said = "Promises were broken; the reasons stand above."
    elif verdicts.count(UNKNOWN):
        said = "Nothing was seen to be broken, but not everything could be learned."
    else:
        said = "Nothing was judged."
    return f"{counts}. {said}"
