# SPDX-License-Identifier: Apache-2.0
"""YAML that remembers on which line everything stood, and refuses a key given twice.

PyYAML's loader forgets lines and lets the last of two equal keys win; a file that says which
machines may be killed deserves better. Knows nothing of what the file means.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import yaml

Where = tuple[str | int, ...]


@dataclass(frozen=True)
class Problem:
    """One thing wrong with a file.

    :ivar line: line number from 1; 0 if it concerns the whole file
    :ivar where: dotted path of the value, like ``hosts[0].ssh.port``
    """

    line: int
    where: str
    text: str

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        return f"line {self.line}: {place}{self.text}"


@dataclass(frozen=True)
class Document:
    """A parsed file: its data, and the line of every value in it."""

    data: Any
    lines: dict[Where, int] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()

    def line(self, where: Iterable[str | int]) -> int:
        """Return the line of a value, or of the nearest thing around it that has one."""
        path = tuple(where)
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)

    def problem(self, where: Iterable[str | int], text: str) -> Problem:
        """Return a problem with the value at that path."""
        path = tuple(where)
        return Problem(self.line(path), dotted(path), text)


def dotted(where: Iterable[str | int]) -> str:
    """Return a path as people write it: ``hosts[0].ssh.port``."""
    words = ""
    for step in where:
        words += f"[{step}]" if isinstance(step, int) else f".{step}" if words else str(step)
    return words


def parse(text: str) -> Document:
    """Parse one YAML document of plain data.

    Syntax errors and repeated keys come back as problems, not as exceptions.
    """
    loader = yaml.SafeLoader(text)
    try:
        node = loader.get_single_node()
        if node is None:
            return Document(None, problems=(Problem(1, "", "the file is empty"),))
        walk = _Walk()
        walk.visit(node, (), ())
        data = None if walk.problems else loader.construct_document(node)
        return Document(data, walk.lines, tuple(walk.problems))
    except yaml.MarkedYAMLError as exc:
        mark = exc.problem_mark or exc.context_mark
        text = f"not valid YAML: {exc.problem or exc.context}"
        return Document(None, problems=(Problem(mark.line + 1 if mark else 0, "", text),))
    except yaml.YAMLError as exc:
        return Document(None, problems=(Problem(0, "", f"not valid YAML: {exc}"),))
    finally:
        loader.dispose()


class _Walk:
    """Goes through all nodes and notes their lines."""

    def __init__(self) -> None:
        self.lines: dict[Where, int] = {}
        self.problems: list[Problem] = []

    def visit(self, node: yaml.Node, where: Where, above: tuple[int, ...]) -> None:
        line = node.start_mark.line + 1
        self.lines.setdefault(where, line)
        if id(node) in above:
            self.problems.append(Problem(line, dotted(where), "refers to itself"))
            return
        above = (*above, id(node))
        if isinstance(node, yaml.MappingNode):
            self._mapping(node, where, above)
        elif isinstance(node, yaml.SequenceNode):
            for number, item in enumerate(node.value):
                self.visit(item, (*where, number), above)

    def _mapping(self, node: yaml.MappingNode, where: Where, above: tuple[int, ...]) -> None:
        seen: set[str] = set()
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            if not isinstance(key_node, yaml.ScalarNode):
                self.problems.append(Problem(line, dotted(where), "a key must be plain text"))
                continue
            key = str(key_node.value)
            if key in seen:
                self.problems.append(Problem(line, dotted((*where, key)), "key given twice"))
            seen.add(key)
            self.lines[(*where, key)] = line
            self.visit(value_node, (*where, key), above)
