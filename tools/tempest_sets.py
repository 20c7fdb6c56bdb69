# SPDX-License-Identifier: Apache-2.0
"""Sets of Tempest's own tests, what of them is expected to be skipped, and how a run compares.

Everything stands in ``tempest_sets.yaml`` beside this file. Knows neither the lab nor how tests
are run: it gets what came of them.
"""

import dataclasses
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

FILE = Path(__file__).with_suffix(".yaml")

PASSED = "success"
SKIPPED = "skip"


class SetsError(Exception):
    """The file of the sets is wrong, or a set is not there; the message says what is."""


@dataclasses.dataclass(frozen=True)
class TestSet:
    """Tests that are run together.

    :param tests: regular expressions, one of which finds a test's name.
    :param kind: of the storage whose hosts alone take servers; None: all hosts do.
    :param flavor: kind of storage of the servers' flavor; None: as tempest.conf has it.
    :param options: of tempest.conf, by section, in place of what it says.
    :param unzoned: whether one host is to be in no availability zone.
    :param workers: how many tests at once.
    """

    name: str
    says: str
    tests: tuple[str, ...]
    kind: str | None = None
    flavor: str | None = None
    options: Mapping[str, Mapping[str, Any]] = dataclasses.field(default_factory=dict)
    unzoned: bool = False
    workers: int = 2


@dataclasses.dataclass(frozen=True)
class Skip:
    """Tests that are skipped for one reason.

    :param because: the reason in our words, for the documentation.
    :param says: regular expression that finds Tempest's words for it.
    :param sets: names of the sets it happens in.
    :param tests: the tests' names, ``setUpClass (...)`` for a whole class.
    """

    because: str
    says: str
    sets: tuple[str, ...]
    tests: tuple[str, ...]


@dataclasses.dataclass(frozen=True)
class Result:
    """How one test ended.

    :param status: ``success``, ``skip``, or what else a test stream says (``fail``, ...).
    :param reason: of a skip.
    """

    test: str
    status: str
    reason: str = ""


@dataclasses.dataclass(frozen=True)
class Sets:
    """All sets and all skips that are expected."""

    sets: tuple[TestSet, ...]
    skips: tuple[Skip, ...]

    @classmethod
    def read(cls, text: str) -> "Sets":
        """Return what the YAML in `text` says.

        :raises SetsError: it names a set that is not there, or the same skip twice.
        """
        data = yaml.safe_load(text)
        sets = tuple(
            TestSet(name=name, **{**each, "tests": tuple(each["tests"])})
            for name, each in data["sets"].items()
        )
        skips = tuple(
            Skip(**{**each, "sets": tuple(each["sets"]), "tests": tuple(each["tests"])})
            for each in data["skips"]
        )
        found = cls(sets, skips)
        for skip in skips:
            for name in skip.sets:
                found.named(name)
        seen: set[tuple[str, str]] = set()
        for skip in skips:
            both = {(name, test) for name in skip.sets for test in skip.tests}
            if both & seen:
                raise SetsError(f"Listed as skipped twice: {sorted(both & seen)[0]}")
            seen |= both
        return found

    def named(self, name: str) -> TestSet:
        """Return the set called `name`.

        :raises SetsError: there is none.
        """
        for each in self.sets:
            if each.name == name:
                return each
        names = ", ".join(each.name for each in self.sets)
        raise SetsError(f"There is no set {name!r} of Tempest's tests; there are: {names}.")

    def expected(self, name: str) -> dict[str, Skip]:
        """Return the skips expected in a set, by the test's name."""
        return {test: skip for skip in self.skips if name in skip.sets for test in skip.tests}


def load() -> Sets:
    """Return the sets of the file beside this one."""
    return Sets.read(FILE.read_text())


def differences(expected: Mapping[str, Skip], results: Iterable[Result]) -> list[str]:
    """Return a sentence for each test that is skipped otherwise than `expected`.

    A test marked unstable that fails is skipped by Tempest, too: it is found here, because nobody
    expects it.
    """
    found = {result.test: result for result in results}
    said = []
    for test, result in sorted(found.items()):
        if result.status != SKIPPED:
            continue
        if test not in expected:
            said.append(f"{test} is skipped and was not expected to be: {result.reason}")
        elif not re.search(expected[test].says, result.reason):
            said.append(
                f"{test} is skipped for another reason than {expected[test].says!r}: "
                f"{result.reason}"
            )
    for test in sorted(expected):
        if test not in found:
            said.append(f"{test} was expected to be skipped and did not run at all")
        elif found[test].status != SKIPPED:
            said.append(
                f"{test} was expected to be skipped and ended as {found[test].status!r}: "
                "take it from the list"
            )
    return said
