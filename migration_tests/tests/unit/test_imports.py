# SPDX-License-Identifier: Apache-2.0
"""Which package may know which: one table, checked by reading the sources. No circle anywhere."""

from __future__ import annotations

import ast
import tempfile
import unittest
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import chaos
import migration_tests

OURS = ("chaos", "migration_tests", "lab")
ROOTS = {
    "chaos": Path(chaos.__file__).parent,
    "migration_tests": Path(migration_tests.__file__).parent,
}


@dataclass(frozen=True)
class Rule:
    """What the modules of a package may import.

    :ivar never: packages that they must not
    :ivar only: of our own packages, those that they may; None: any
    """

    package: str
    never: tuple[str, ...] = ()
    only: tuple[str, ...] | None = None


def _mt(*names):
    return tuple(f"migration_tests.{name}" for name in names)


RULES = (
    # Hosts, not OpenStack.
    Rule("chaos", never=("tempest", "openstack", "migration_tests", "lab")),
    # The suite cannot tell a lab from a cloud.
    Rule("migration_tests", never=("lab",)),
    # The record is enough to judge: it needs nothing, and judges need nothing else.
    Rule("migration_tests.record", never=("tempest", "chaos"), only=_mt("record")),
    Rule("migration_tests.promises", never=("tempest", "chaos"), only=_mt("promises", "record")),
    Rule(
        "migration_tests.judges",
        never=("tempest", "openstack", "chaos", "paramiko"),
        only=_mt("judges", "record"),
    ),
    Rule("migration_tests.report", never=("tempest", "chaos"), only=_mt("report", "record")),
    # Plain data in and out; the history is none of theirs.
    Rule(
        "migration_tests.cloud",
        never=_mt("record.events", "record.history"),
        only=_mt("cloud", "record.microversions", "record.words"),
    ),
    Rule("migration_tests.guest", never=("tempest",), only=(*_mt("guest"), "chaos")),
    Rule(
        "migration_tests.observers",
        only=(*_mt("observers", "cloud", "guest", "record"), "chaos"),
    ),
    # The runner knows no scenario, no step and no judge.
    Rule(
        "migration_tests.runner",
        never=("tempest",),
        only=(*_mt("runner", "cloud", "guest", "observers", "promises", "record"), "chaos"),
    ),
    # A step knows no scenario and no judge.
    Rule(
        "migration_tests.steps",
        never=("tempest",),
        only=(*_mt("steps", "runner", "cloud", "guest", "observers", "record"), "chaos"),
    ),
    # Declarations only.
    Rule(
        "migration_tests.scenarios",
        only=_mt(
            *("scenarios", "steps", "runner.scenario", "runner.step", "runner.topology"),
            "record.words",
        ),
    ),
    Rule(
        "migration_tests.cli",
        only=_mt("cli", "config", "judges", "record", "report", "scenarios.profiles"),
    ),
)


def modules(root: Path, package: str) -> dict[str, Path]:
    """All modules of a package but its unit tests, by name."""
    found = {}
    for path in sorted(root.rglob("*.py")):
        parts = path.relative_to(root).with_suffix("").parts
        if "unit" in parts or ("tests" in parts[:1] and parts[1:2] != ("scenario",)):
            continue
        names = [package, *(part for part in parts if part != "__init__")]
        found[".".join(names)] = path
    return found


def imports(path: Path, known: frozenset[str]) -> Iterator[str]:
    """The modules that a source imports, wherever in it, for type checks only too."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative imports are not ours"
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                yield whole if whole in known else str(node.module)


def within(name: str, packages: tuple[str, ...]) -> bool:
    return any(name == package or name.startswith(f"{package}.") for package in packages)


def graph(roots: dict[str, Path]) -> dict[str, set[str]]:
    """Each module with what it imports."""
    found: dict[str, Path] = {}
    for package, root in roots.items():
        found |= modules(root, package)
    known = frozenset(found)
    return {name: set(imports(path, known)) for name, path in found.items()}


def broken(rule: Rule, edges: dict[str, set[str]]) -> list[str]:
    """What in a graph is against a rule."""
    return [
        f"{name} imports {other}"
        for name, imported in edges.items()
        for other in sorted(imported)
        if within(name, (rule.package,))
        # The package itself tells where it lies and nothing else.
        and other not in ROOTS
        and (
            within(other, rule.never)
            or (rule.only is not None and within(other, OURS) and not within(other, rule.only))
        )
    ]


def circles(edges: dict[str, set[str]]) -> list[list[str]]:
    """The groups of modules that import each other, however indirectly."""
    left = {name: imported & set(edges) for name, imported in edges.items()}
    while True:
        # Whoever imports none of the rest, or is imported by none of it, is in no circle.
        imported = set().union(*left.values())
        ends = {name for name, others in left.items() if not others or name not in imported}
        if not ends:
            break
        left = {name: others - ends for name, others in left.items() if name not in ends}
        if not left:
            break
    return [sorted(left)] if left else []


class Imports(unittest.TestCase):
    def setUp(self):
        self.edges = graph(ROOTS)

    def test_are_as_the_table_allows(self):
        for rule in RULES:
            with self.subTest(rule.package):
                self.assertEqual([], broken(rule, self.edges))

    def test_of_every_package_are_in_the_table(self):
        packages = {
            f"migration_tests.{path.parent.name}"
            for path in ROOTS["migration_tests"].glob("*/__init__.py")
        }
        self.assertEqual(set(), packages - {rule.package for rule in RULES} - set(_mt("tests")))

    def test_of_a_step_name_no_other_step(self):
        steps = "migration_tests.steps"
        for name, imported in self.edges.items():
            if name.startswith(f"{steps}."):
                others = {other for other in imported if within(other, (steps,))}
                names = ("deciding", "disturbing", "moving", "trying")
                shared = {f"{steps}.{one}" for one in names}
                self.assertLessEqual(others, shared, name)

    def test_go_in_no_circle(self):
        self.assertEqual([], circles(self.edges))


class TheCheck(unittest.TestCase):
    """It is worth what it catches."""

    def write(self, **sources):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        for name, text in sources.items():
            Path(folder.name, f"{name}.py").write_text(text)
        return graph({"p": Path(folder.name)})

    def test_sees_every_kind_of_import(self):
        edges = self.write(
            __init__="",
            a="import p.b\nfrom p import c\nfrom p.d import x\n",
            b="from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import p.c\n",
            c="def f():\n    from p import d\n",
            d="",
        )
        self.assertLessEqual({"p.b", "p.c", "p.d"}, edges["p.a"])
        self.assertEqual({"typing", "p.c"}, edges["p.b"])
        self.assertEqual({"p.d"}, edges["p.c"])

    def test_finds_a_circle_and_only_that(self):
        edges = self.write(
            __init__="", a="import p.b", b="import p.c", c="import p.a", d="import p.a", e=""
        )
        self.assertEqual([["p.a", "p.b", "p.c"]], circles(edges))
        self.assertEqual([], circles(self.write(__init__="", a="import p.b", b="")))

    def test_finds_what_is_forbidden_and_what_is_not_allowed(self):
        edges = {"p.a": {"tempest.test", "p.b", "chaos.run", "os"}}
        self.assertEqual(["p.a imports tempest.test"], broken(Rule("p", ("tempest",)), edges))
        self.assertEqual(["p.a imports chaos.run"], broken(Rule("p", only=("lab",)), edges))
        self.assertEqual([], broken(Rule("p.b", ("tempest",)), edges))
