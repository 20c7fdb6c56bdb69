# SPDX-License-Identifier: Apache-2.0
"""Finds all scenarios: every module of this package that declares one. Knows none by name."""

from __future__ import annotations

import functools
import importlib
import pkgutil

from migration_tests import scenarios
from migration_tests.runner.scenario import Scenario


class ScenarioError(Exception):
    """A scenario is not in a file of its own that is named like it."""


@functools.cache
def all_scenarios() -> tuple[Scenario, ...]:
    """Return all scenarios in the order of their names.

    :raises ScenarioError: when a file declares several, or is not named like its own
    """
    found: dict[str, Scenario] = {}
    for module in pkgutil.iter_modules(scenarios.__path__):
        loaded = importlib.import_module(f"{scenarios.__name__}.{module.name}")
        declared = [value for value in vars(loaded).values() if isinstance(value, Scenario)]
        if len({id(one) for one in declared}) > 1:
            raise ScenarioError(
                f"{module.name}.py declares several scenarios: each has a file of its own"
            )
        for scenario in declared:
            if scenario.name != module.name:
                raise ScenarioError(
                    f"the scenario {scenario.name} stands in {module.name}.py: a scenario has a "
                    "file of its own, named like it"
                )
            found[scenario.name] = scenario
    return tuple(found[name] for name in sorted(found))
