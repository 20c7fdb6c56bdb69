# SPDX-License-Identifier: Apache-2.0
"""Histories of real runs, and what was said of them when they were kept. Nothing is made up.

Some are of before scenarios were composed of steps, some of a healthy cloud since: one file for
each scenario of a run. ``recorded/as_judged_before`` holds the verdicts and measures of then.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from migration_tests.judges.document import build
from migration_tests.record import history
from migration_tests.record.events import ServerIntroduced
from migration_tests.record.history import Line

FOLDER = Path(__file__).with_name("recorded")
HISTORIES = tuple(sorted(path.stem for path in FOLDER.glob("*.jsonl")))
COMPOSED = ("evacuate_ephemeral", "live_migrate_shared")
EARLIER = tuple(name for name in HISTORIES if name not in COMPOSED)

Key = tuple[str, str, str | None, str | None]  # scenario, judge or measure, storage, server's name


def read(name: str) -> list[Line]:
    return history.read(FOLDER / f"{name}.jsonl")


def judged(name: str) -> tuple[dict[Key, str], dict[Key, Any]]:
    """Return what is said of a history today, in the form in which it was kept: by names."""
    lines = read(name)
    names = {
        line.event.server: line.event.name
        for line in lines
        if isinstance(line.event, ServerIntroduced)
    }
    result = build(lines, "run")
    verdicts = {
        (v.scenario, v.judge, v.storage, names.get(v.server)): v.outcome for v in result.verdicts
    }
    assert len(verdicts) == len(result.verdicts), "two verdicts have the same key"
    measures = {
        (m.scenario, m.name, m.storage, names.get(m.server)): (m.value, m.error, m.unit, m.samples)
        for m in result.measures
    }
    return verdicts, measures


def judged_before(name: str) -> tuple[dict[Key, str], dict[Key, Any]]:
    """Return what was said of a history when it was kept."""
    kept = json.loads((FOLDER / "as_judged_before" / f"{name}.json").read_text(encoding="utf-8"))
    verdicts = {
        (v["scenario"], v["judge"], v["storage"], v["server"]): v["outcome"]
        for v in kept["verdicts"]
    }
    measures = {
        (m["scenario"], m["name"], m["storage"], m["server"]): (
            m["value"],
            m["error"],
            m["unit"],
            m["samples"],
        )
        for m in kept["measures"]
    }
    return verdicts, measures
