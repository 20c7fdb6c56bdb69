# SPDX-License-Identifier: Apache-2.0
"""Puts the judges themselves on trial: damages their evidence, one field at a time.

Takes a history, and of each event that a passing verdict names as evidence each field, nested
ones too; removes it, nulls it, empties it, puts another server's or host's value in its place,
doubles it; and judges again. A mutation is noticed if a verdict that names the line leaves pass.
May not know: any question.
"""

from __future__ import annotations

import copy
import random
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from migration_tests.judges.course import scenarios
from migration_tests.judges.engine import judge
from migration_tests.record import history
from migration_tests.record.event import KINDS, Part
from migration_tests.record.history import Line
from migration_tests.record.verdicts import FAIL, PASS, Verdict

Place = tuple[str | int, ...]  # names of fields, places in lists
Group = tuple[int, str, str]  # line, field, what is done to it: counted once
Key = tuple[str, str, str | None]  # scenario, judge, server

REMOVE, NULL, EMPTY, SWAP, DOUBLE = "remove", "null", "empty", "swap", "double"


@dataclass(frozen=True)
class Mutation:
    """One damage to one field of one event.

    :ivar index: where the line stands among the lines
    :ivar number: its number in the history
    :ivar kind: the kind of its event
    :ivar path: the field
    :ivar what: REMOVE, NULL, EMPTY, SWAP or DOUBLE
    :ivar value: what stands there instead; of no meaning where it is removed
    """

    index: int
    number: int
    kind: str
    path: Place
    what: str
    value: Any

    @property
    def field(self) -> str:
        """The field without places in lists: ``ports.host``; an element of a list: ``ports[]``."""
        name = ".".join(part for part in self.path if isinstance(part, str))
        return name + "[]" * isinstance(self.path[-1], int)

    @property
    def group(self) -> Group:
        """What is counted once: line, field, what is done to it."""
        return self.number, self.field, self.what

    def __str__(self) -> str:
        path = "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in self.path)
        return f"line {self.number}, {self.kind}{path}: {self.what}"


@dataclass(frozen=True)
class Score:
    """What came of some mutations, counted by line, field and what was done to it.

    Where a field stands in several elements of a list, each of them must be noticed.

    :ivar tried: how many of these there were
    :ivar unnoticed: those after which every verdict that names the line still passes
    :ivar turned: after which a failing verdict passes whose own evidence was left alone, and its
        judge
    """

    tried: int
    unnoticed: tuple[Mutation, ...]
    turned: tuple[tuple[Mutation, str], ...]

    @property
    def missed(self) -> int:
        """How many were not noticed."""
        return len({mutation.group for mutation in self.unnoticed})

    @property
    def noticed(self) -> float:
        """The share that was noticed; 1 if nothing was tried."""
        return 1 - self.missed / self.tried if self.tried else 1.0


def total(results: Iterable[tuple[Mutation, bool, str]]) -> Score:
    """Return the score of mutations: each with whether it was noticed, and whom it turned."""
    groups: set[Group] = set()
    unnoticed, turned = [], []
    for mutation, noticed, judge_name in results:
        groups.add(mutation.group)
        if not noticed:
            unnoticed.append(mutation)
        if judge_name:
            turned.append((mutation, judge_name))
    return Score(len(groups), tuple(unnoticed), tuple(turned))


class Trial:
    """The judges, and the history their evidence is in.

    :param lines: a whole history
    :param only: the scenarios to look at; none: all
    """

    def __init__(self, lines: Sequence[Line], only: Iterable[str] = ()) -> None:
        self.lines = lines
        wanted = set(only)
        self.scenarios = [name for name in scenarios(lines) if not wanted or name in wanted]
        self._verdicts = self._judge(lines, self.scenarios)
        self._values = _values(lines)

    def _judge(self, lines: Sequence[Line], names: Iterable[str]) -> dict[Key, Verdict]:
        return {
            (verdict.scenario, verdict.judge, verdict.server): verdict
            for name in names
            for verdict in judge(lines, name)
        }

    def mutations(self) -> list[Mutation]:
        """Return all mutations of the evidence of passing verdicts that change something.

        Lines that show a failure, too, are left alone: to damage these hides nothing.
        """
        named = self._named(PASS) - self._named(FAIL)
        return [
            mutation
            for index, line in enumerate(self.lines)
            if line.number in named and line.event is not None
            for mutation in self._of_line(index, line)
        ]

    def _named(self, outcome: str) -> set[int]:
        """The lines that verdicts with an outcome name as evidence."""
        found = [verdict for verdict in self._verdicts.values() if verdict.outcome == outcome]
        return {number for verdict in found for number in verdict.evidence}

    def _of_line(self, index: int, line: Line) -> Iterator[Mutation]:
        assert line.event is not None
        data = line.event.to_data()
        for path, value in fields(data, type(line.event)):
            for what, instead in _damages(path, value, self._others(line, data, path, value)):
                mutation = Mutation(index, line.number, line.kind, path, what, instead)
                if mutated(line, mutation).event != line.event:
                    yield mutation

    def _others(self, line: Line, data: dict[str, Any], path: Place, value: Any) -> list[Any]:
        """Return other values of the same field: of a sibling, or of another server or host."""
        found = [v for other, v in _fields_alike(data, path) if other != path]
        whose = _whose(data)
        generic = _generic(path)
        found += [v for who, v in self._values[line.kind, generic] if who != whose]
        if isinstance(value, bool):
            found.append(not value)
        return [v for v in found if v != value]

    def try_one(self, mutation: Mutation) -> tuple[bool, str]:
        """Judge again with one mutation: the scenario that the line is of.

        :return: whether it is noticed, and the judge of a failing verdict that became a pass
            without its own evidence being damaged ("" if there is none)
        """
        lines = list(self.lines)
        lines[mutation.index] = mutated(lines[mutation.index], mutation)
        scenario = str(self.lines[mutation.index].scenario)
        now = self._judge(lines, [scenario])
        noticed, turned = False, ""
        for key, verdict in self._verdicts.items():
            if verdict.scenario != scenario:
                continue
            names_it = mutation.number in verdict.evidence
            after = now[key].outcome if key in now else ""
            if verdict.outcome == PASS and names_it and after != PASS:
                noticed = True
            if verdict.outcome == FAIL and not names_it and after == PASS:
                turned = verdict.judge
        return noticed, turned

    def score(self, mutations: Iterable[Mutation]) -> Score:
        """Try mutations one after the other."""
        return total((mutation, *self.try_one(mutation)) for mutation in mutations)


def sample(mutations: Sequence[Mutation], size: int, seed: int) -> list[Mutation]:
    """Return the mutations of some lines, fields and kinds of damage: for a seed always the same.

    :param size: of how many; all if there are no more
    """
    groups = list(dict.fromkeys(mutation.group for mutation in mutations))
    if size < len(groups):
        groups = random.Random(seed).sample(groups, size)  # noqa: S311 - no secret
    chosen = set(groups)
    return [mutation for mutation in mutations if mutation.group in chosen]


def mutated(line: Line, mutation: Mutation) -> Line:
    """Return a line with a mutation, as it would be read."""
    assert line.event is not None
    data = copy.deepcopy(line.event.to_data())
    holder: Any = data
    for part in mutation.path[:-1]:
        holder = holder[part]
    if mutation.what == REMOVE:
        del holder[mutation.path[-1]]
    else:
        holder[mutation.path[-1]] = copy.deepcopy(mutation.value)
    return history.with_data(line, data)


def fields(data: Any, part: type[Part] | None, path: Place = ()) -> Iterator[tuple[Place, Any]]:
    """Yield each field of an event's data, nested ones too, but for those that no judge reads.

    An element of a list is a field of its own: it can be removed.
    """
    if isinstance(data, dict):
        for name, value in data.items():
            if part is None or name not in part.unread:
                yield (*path, name), value
                inner = part.nested.get(name) if part else None
                yield from fields(value, inner, (*path, name))
    elif isinstance(data, list):
        for place, value in enumerate(data):
            yield (*path, place), value
            yield from fields(value, part, (*path, place))


def _damages(path: Place, value: Any, others: list[Any]) -> Iterator[tuple[str, Any]]:
    yield REMOVE, None
    if value is not None:
        yield NULL, None
    if value and isinstance(value, str | list | dict):
        yield EMPTY, type(value)()
    if isinstance(value, int | float) and not isinstance(value, bool) and value:
        yield DOUBLE, 2 * value
    if others:
        yield SWAP, others[0]


def _generic(path: Place) -> Place:
    """Return a path without places in lists."""
    return tuple(part for part in path if isinstance(part, str))


def _fields_alike(data: dict[str, Any], path: Place) -> list[tuple[Place, Any]]:
    """Return the same field of the elements beside, of the innermost list that the path is in."""
    places = [index for index, part in enumerate(path) if isinstance(part, int)]
    if not places or places[-1] == len(path) - 1:
        return []
    last = places[-1]
    holder: Any = data
    for part in path[:last]:
        holder = holder[part]
    found = []
    for place, element in enumerate(holder):
        value = element
        for part in path[last + 1 :]:
            value = value[part]
        found.append(((*path[:last], place, *path[last + 1 :]), value))
    return found


def _whose(data: dict[str, Any]) -> tuple[Any, Any]:
    return data.get("server"), data.get("host")


def _values(lines: Sequence[Line]) -> dict[tuple[str, Place], list[tuple[Any, Any]]]:
    """Return the values of each field of each kind of event, with whose they are."""
    found: dict[tuple[str, Place], list[tuple[Any, Any]]] = defaultdict(list)
    for line in lines:
        if line.event is not None:
            data = line.event.to_data()
            for path, value in fields(data, type(line.event)):
                found[line.kind, _generic(path)].append((_whose(data), value))
    return found


def unread_fields() -> tuple[list[str], int]:
    """Return the fields that no judge reads, as ``kind.field``, and how many fields there are."""
    unread, count = [], 0
    seen: set[type[Part]] = set()
    parts: list[tuple[str, type[Part]]] = [(kind, event) for kind, event in KINDS.items()]
    while parts:
        name, part = parts.pop()
        if part in seen:
            continue
        seen.add(part)
        names = part.__dataclass_fields__
        count += len(names)
        unread += [f"{name}.{field}" for field in names if field in part.unread]
        parts += [(inner.__name__, inner) for inner in part.nested.values()]
    return sorted(unread), count
