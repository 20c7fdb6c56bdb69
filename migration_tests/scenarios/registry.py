# SPDX-License-Identifier: Apache-2.0
"""Finds all scenarios: every module of this package that declares one. Knows none by name."""

from __future__ import annotations

import functools
import importlib
import pkgutil

from migration_tests import scenarios
from migration_tests.runner.scenario import Scenario


class ScenarioError(Exception):
    """Two scenarios have the same name, or one is not in a file of its name."""


@functools.cache
def all_scenarios() -> tuple[Scenario, ...]:
    """Return all scenarios in the order of their names.

    :raises ScenarioError: when a name comes twice or a file is not named like its scenario
    """
    found: dict[str, Scenario] = {}
    for module in pkgutil.iter_modules(scenarios.__path__):
        loaded = importlib.import_module(f"{scenarios.__name__}.{module.name}")
        declared = [value for value in vars(loaded).values() if isinstance(value, Scenario)]
        for scenario in declared:
            if scenario.name != module.name:
                raise ScenarioError(
                    f"the scenario {scenario.name} stands in {module.name}.py: a scenario has a "
                    "file of its own, named like it"
                )
            found[scenario.name] = scenario
    return tuple(found[name] for name in sorted(found))
