# SPDX-License-Identifier: Apache-2.0
"""Directives that print what the suite itself says: its scenarios, judges, promises, events.

Nothing is listed by hand, so nothing can be forgotten. What they print is made as
reStructuredText by functions that know no Sphinx, and so can be tested.
"""

from __future__ import annotations

import ast
import dataclasses
import importlib
import inspect
import re
from collections.abc import Iterable, Iterator, Sequence
from types import ModuleType
from typing import Any

from migration_tests import config, judges
from migration_tests import scenarios as package
from migration_tests.judges import registry
from migration_tests.judges.known_bugs import KNOWN_BUGS
from migration_tests.promises import ROWS
from migration_tests.record.event import Event, Part
from migration_tests.record.words import BYSTANDER, STORAGES
from migration_tests.runner import placement
from migration_tests.runner.scenario import Phase, Scenario
from migration_tests.scenarios import profiles
from migration_tests.scenarios.registry import all_scenarios

SUBJECTS = ("run", "scenario", "servers", "moves", "hosts", "guests", "data", "probes")


def table(titles: Sequence[str], rows: Iterable[Sequence[str]], widths: str = "") -> Iterator[str]:
    """Yield a list-table."""
    yield ".. list-table::"
    yield "   :header-rows: 1"
    if widths:
        yield f"   :widths: {widths}"
    yield ""
    for row in (titles, *rows):
        for number, cell in enumerate(row):
            yield f"   {'* -' if number == 0 else '  -'} {cell}".rstrip()
    yield ""


def literal(text: str) -> str:
    """Return text as a literal; nothing of nothing."""
    return f"``{text}``" if text else ""


def plain(text: str) -> str:
    """Return a comment or a docstring as running text."""
    text = " ".join(text.split())
    found = re.split(r"(`+[^`]+`+)", text)
    return "".join(
        f"``{part.strip('`')}``" if part.startswith("`") else re.sub(r"([*|\\_])", r"\\\1", part)
        for part in found
    )


def default_version() -> str:
    """Return the compute API version that is used unless an option says another."""
    (found,) = (one.default for one in config.OPTIONS if one.name == "compute_microversion")
    return str(found)


# --- scenarios -----------------------------------------------------------------------------------


def scenarios() -> Iterator[str]:
    """Yield a section for each scenario that there is."""
    api = default_version()
    for scenario in all_scenarios():
        yield from (scenario.name, "-" * len(scenario.name), "")
        module = importlib.import_module(f"{package.__name__}.{scenario.name}")
        yield from (plain(inspect.getdoc(module) or ""), "")
        yield from _servers(scenario, api)
        yield from _phases("Steps", scenario, recovery=False)
        yield from _phases("Recovery", scenario, recovery=True)
        yield from _judges(scenario, api)


def deaths() -> Iterator[str]:
    """Yield a table of ways in which a host dies, by what is on it."""
    found = profiles.deaths(all_scenarios())
    ways = dict.fromkeys(way for way, _ in found)
    rows = [
        (way, *("; ".join(map(literal, found.get((way, one), ()))) or "none" for one in STORAGES))
        for way in ways
    ]
    yield from table(("A host is", *STORAGES), rows)


def known_bugs() -> Iterator[str]:
    """Yield a section for each known bug."""
    for bug in KNOWN_BUGS:
        yield from (bug.bug, "=" * len(bug.bug), "")
        moves = " and ".join(map(literal, bug.moves))
        rows = (
            ("Symptom", plain(bug.symptom)),
            ("Fails", f"{literal(bug.judge)}, in scenarios with a move of the kind {moves}"),
            ("Seen with", f"{plain(bug.versions)}; compute API up to {bug.newest}"),
            ("Cause", plain(bug.cause)),
            ("To see it", literal(bug.shown)),
            ("Remedy", plain(bug.remedy)),
        )
        for name, text in rows:
            yield from (f"**{name}**", f"    {text}", "")


def _servers(scenario: Scenario, api: str) -> Iterator[str]:
    topology = scenario.topology
    rows = []
    for server in scenario.planned_servers(api):
        what = "; ".join(
            f"{one.move}: {one.end}, data {one.data}, memory {one.memory}, {one.place}"
            + (f", gap up to {literal(one.gap_limit)}" if one.gap_limit else "")
            for one in server.expected
        )
        if server.role == BYSTANDER:
            what = "nothing changes, no gap above ``bystander_max_gap``"
        rows.append((server.role, server.storage, server.state, what))
    yield from table(("Server", "Storage", "State", "Expected"), rows, "14 14 12 60")
    harm = "One host is disturbed" if scenario.disturbs else "No host is disturbed"
    yield f"{harm}; hosts beside it that take each kind of server: {topology.spare_hosts}."
    yield ""


def _phases(title: str, scenario: Scenario, *, recovery: bool) -> Iterator[str]:
    found = [phase for phase in scenario.phases if phase.recovery is recovery]
    yield f"{title}: " + ("; ".join(map(_phase, found)) or "none") + "."
    yield ""


def _phase(phase: Phase) -> str:
    values = ", ".join(
        f"{field.name} {value}"
        for field in dataclasses.fields(phase.step)
        if (value := getattr(phase.step, field.name)) not in (None, "", False)
    )
    return literal(phase.step.name) + (f" ({values})" if values else "")


def _judges(scenario: Scenario, api: str) -> Iterator[str]:
    applying = set(judges.applying(placement.declared(scenario, api)))
    yield f"{len(applying)} of {len(judges.registered())} judges apply:"
    yield ""
    for group, members in judges.by_group().items():
        names = [judge.name for judge in members if judge.name in applying]
        if names:
            yield f"* {group.replace('_', ' ')}: {', '.join(map(literal, names))}"
    yield ""


# --- judges --------------------------------------------------------------------------------------


def all_judges() -> Iterator[str]:
    """Yield a section for each group of judges, with what each of them asks."""
    for group, members in judges.by_group().items():
        title = group.replace("_", " ").capitalize()
        yield from (title, "-" * len(title), "")
        yield from (registry.GROUPS[group], "")
        rows = [
            (literal(judge.name), plain(judge.question), marked(judge.means), _after(judge))
            for judge in members
        ]
        titles = ("Judge", "What must hold", "A failure means", "Asked after")
        yield from table(titles, rows, "22 26 34 18")


def marked(text: str) -> str:
    """Return text that is marked up already, as a sentence of a table."""
    return text.removesuffix(".")


def _after(judge: registry.Judge) -> str:
    groups = (
        ("", judge.needs),
        ("excused by ", judge.excused_by),
        ("not judged for want of evidence after ", judge.explained_by),
    )
    return "; ".join(
        how + ", ".join(literal(name) for name in names) for how, names in groups if names
    )


# --- promises ------------------------------------------------------------------------------------


def promises() -> Iterator[str]:
    """Yield the table of promises, row by row."""
    titles = ("Move", "Storage", "State", "Since", "End", "Data", "Memory", "Place", "Gap limit")
    rows = [
        (
            *(row.move, row.storage, row.state, row.since, row.end, row.data, row.memory),
            *(row.place, literal(row.gap_limit) or "none"),
        )
        for row in ROWS
    ]
    yield from table(titles, rows)
    yield "Where it is promised:"
    yield ""
    for source in dict.fromkeys(row.source for row in ROWS):
        moves = dict.fromkeys(row.move for row in ROWS if row.source == source)
        yield f"* {', '.join(moves)}: {plain(source)}"
    yield ""


# --- events --------------------------------------------------------------------------------------


def events() -> Iterator[str]:
    """Yield a section for each subject, with all its events and their parts."""
    for subject in SUBJECTS:
        module = importlib.import_module(f"migration_tests.record.events.{subject}")
        title = (inspect.getdoc(module) or "").partition(".")[0].partition(":")[0]
        yield from (title, "-" * len(title), "")
        for part in parts(module):
            yield from _part(part)


def parts(module: ModuleType) -> list[type[Part]]:
    """Return the events and parts that a module declares, in its order."""
    return [
        value
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, Part)
        if value.__module__ == module.__name__
    ]


def _part(part: type[Part]) -> Iterator[str]:
    kind = literal(part.kind) if issubclass(part, Event) else "part of an event"
    yield f"``{part.__name__}``: {kind}"
    for number, paragraph in enumerate((inspect.getdoc(part) or "").split("\n\n")):
        yield from ("" for _ in range(min(number, 1)))
        yield f"   {plain(paragraph)}"
    yield ""
    commented = comments(part)
    for field in dataclasses.fields(part):
        text = plain(commented.get(field.name, ""))
        if field.name in part.unread:
            text += f"{'. ' if text else ''}*No judge reads it:* {plain(part.unread[field.name])}"
        optional = "" if _needed(field) else ", optional"
        tail = f": {text}" if text else ""
        yield f"   * ``{field.name}`` ({literal(str(field.type))}{optional}){tail}"
    yield ""


def _needed(field: dataclasses.Field[Any]) -> bool:
    missing = dataclasses.MISSING
    return field.default is missing and field.default_factory is missing


def comments(part: type[Part]) -> dict[str, str]:
    """Return what the source says of each field: behind it, above it, or on the line that follows.

    A line of its own is about the field after it, unless that has a comment behind it already.
    """
    found: dict[str, str] = {}
    for one in reversed(part.__mro__):
        if issubclass(one, Part) and one is not Part:
            found |= _comments_in(one)
    return found


def _comments_in(part: type[Part]) -> dict[str, str]:
    """Return what the source of a class says of the fields that it has of its own."""
    source = inspect.getsource(part)
    lines = source.splitlines()
    fields: dict[int, str] = {}
    for node in ast.parse(source).body[0].body:  # type: ignore[attr-defined]
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            fields[node.lineno] = node.target.id
    found: dict[str, str] = {}
    waiting: list[str] = []
    last = ""
    for number, line in enumerate(lines, 1):
        text = line.strip()
        if number in fields:
            behind = text.partition("  # ")[2]
            if behind and waiting and last:
                found[last] = " ".join([found.get(last, ""), *waiting]).strip()
                waiting = []
            last = fields[number]
            found[last] = " ".join([*waiting, behind]).strip()
            waiting = []
        elif text.startswith("# "):
            waiting.append(text[2:])
    if waiting and last:
        found[last] = " ".join([found.get(last, ""), *waiting]).strip()
    return found


def unread() -> tuple[int, int]:
    """Return how many fields no judge reads, and how many there are."""
    modules = [importlib.import_module(f"migration_tests.record.events.{s}") for s in SUBJECTS]
    all_parts = [part for module in modules for part in parts(module)]
    return (
        sum(len(part.unread) for part in all_parts),
        sum(len(dataclasses.fields(part)) for part in all_parts),
    )


def unread_count() -> Iterator[str]:
    """Yield a sentence about the fields that no judge reads."""
    few, many = unread()
    yield f"No judge reads {few} of the {many} fields; each says why it is recorded all the same."


def setup(app: Any) -> dict[str, Any]:
    """Make the directives known to Sphinx."""
    from docutils import nodes
    from docutils.parsers.rst import Directive
    from docutils.statemachine import StringList
    from sphinx.util.nodes import nested_parse_with_titles

    def directive(make: Any) -> type[Directive]:
        class Printed(Directive):
            """Prints what one of the functions above says."""

            def run(self) -> list[nodes.Node]:
                node = nodes.section()
                node.document = self.state.document
                text = StringList(list(make()), source=make.__name__)
                nested_parse_with_titles(self.state, text, node)
                return node.children

        return Printed

    for make in (scenarios, deaths, known_bugs, all_judges, promises, events, unread_count):
        app.add_directive(f"suite-{make.__name__.replace('_', '-')}", directive(make))
    return {"parallel_read_safe": True}
