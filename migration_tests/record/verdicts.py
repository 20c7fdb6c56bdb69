# SPDX-License-Identifier: Apache-2.0
"""Verdicts, measures and the file that holds them, checked against its schema both ways.

May not know: how a verdict comes about (`judges`) or how it is shown (`report`).
"""

from __future__ import annotations

import dataclasses
import functools
import json
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jsonschema

PASS, FAIL, UNKNOWN, SKIP = "pass", "fail", "unknown", "skip"
OUTCOMES = (PASS, FAIL, UNKNOWN, SKIP)
SCHEMA = Path(__file__).with_name("verdicts.schema.json")


class VerdictsError(Exception):
    """Verdicts that do not keep to their schema, or a file that is none; says where."""


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What one judge says of one scenario, and of one server where it is asked per server."""

    scenario: str
    judge: str
    storage: str | None
    server: str | None  # ID
    outcome: str  # one of OUTCOMES
    reason: str
    expected: str = ""
    found: str = ""
    evidence: tuple[int, ...] = ()  # line numbers in the history
    test: str = ""
    uuid: str = ""
    known: str = ""  # ID of the known bug that a failure shows
    group: str = ""  # of judges; "": a run that does not say it, or no judge's


@dataclass(frozen=True, kw_only=True)
class Measure:
    """A number with its unit and the bound of its error."""

    name: str
    scenario: str
    storage: str | None
    server: str | None
    unit: str  # "s", "records"
    value: float
    error: float | None  # in the unit; None: not known
    samples: int = 1


@dataclass(frozen=True, kw_only=True)
class Run:
    """What was run, when, against what."""

    id: str
    started: str
    finished: str | None
    suite: str
    cloud: str
    profile: str
    defects: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Verdicts:
    """The whole of verdicts.json."""

    run: Run
    verdicts: tuple[Verdict, ...]
    measures: tuple[Measure, ...]

    def count(self, outcome: str) -> int:
        """Return how many verdicts have this outcome."""
        return sum(verdict.outcome == outcome for verdict in self.verdicts)

    @property
    def good(self) -> bool:
        """Whether something passed, and nothing is unknown or failed but by known bugs."""
        failed = any(one.outcome == FAIL and not one.known for one in self.verdicts)
        return bool(self.count(PASS)) and not failed and not self.count(UNKNOWN)


def write(verdicts: Verdicts, path: Path) -> None:
    """Write verdicts.json; a reader sees the old file or the new one, never half of one.

    :raises VerdictsError: when the verdicts do not keep to the schema; nothing is written.
    """
    data = json.loads(json.dumps(dataclasses.asdict(verdicts)))
    _check(data, str(path))
    fresh = path.with_name(f".{path.name}-{os.getpid()}")
    with fresh.open("w", encoding="utf-8") as file:
        json.dump(data, file, ensure_ascii=False, indent=1)
        file.write("\n")
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)


def read(path: Path) -> Verdicts:
    """Return what verdicts.json holds.

    :raises VerdictsError: when it cannot be read or does not keep to the schema.
    """
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise VerdictsError(f"{path} cannot be read as verdicts: {error}") from error
    _check(data, str(path))
    return Verdicts(
        run=Run(**{**data["run"], "defects": tuple(data["run"]["defects"])}),
        verdicts=tuple(
            Verdict(**{**verdict, "evidence": tuple(verdict["evidence"])})
            for verdict in data["verdicts"]
        ),
        measures=tuple(Measure(**measure) for measure in data["measures"]),
    )


@functools.cache
def _schema() -> dict[str, Any]:
    schema: dict[str, Any] = json.loads(SCHEMA.read_text(encoding="utf-8"))
    return schema


def _check(data: Any, where: str) -> None:
    validator = jsonschema.Draft202012Validator(_schema())
    problems = [_problem(error) for error in validator.iter_errors(data)]
    if problems:
        raise VerdictsError(
            f"{where} does not keep to {SCHEMA.name}: "
            + "; ".join(problems[:5])
            + (f"; and {len(problems) - 5} more" if len(problems) > 5 else "")
        )


def _problem(error: jsonschema.ValidationError) -> str:
    return f"{_place(error.absolute_path)}: {error.message}"


def _place(path: Iterable[str | int]) -> str:
    return ".".join(str(step) for step in path) or "the file"
