# SPDX-License-Identifier: Apache-2.0
"""Which scenarios a profile runs, how long they take, and what their test classes are called.

May not know: any scenario.
"""

from __future__ import annotations

from collections.abc import Sequence

from migration_tests.record import words
from migration_tests.runner.scenario import Scenario
from migration_tests.scenarios.registry import all_scenarios


def class_of(scenario: Scenario) -> str:
    """Return the name of a scenario's test class: the scenario's, in one word."""
    return "".join(word.capitalize() for word in scenario.name.split("_"))


def of(profile: str) -> tuple[Scenario, ...]:
    """Return the scenarios of a profile.

    :param profile: one of ``words.PROFILES``
    """
    enough = words.PROFILES.index(profile)
    return tuple(one for one in all_scenarios() if words.PROFILES.index(one.profile) <= enough)


def regex(scenarios: Sequence[Scenario]) -> str:
    """Return the regular expression that finds the tests of some scenarios by their names."""
    return rf"\.({'|'.join(class_of(one) for one in scenarios)})\."


def deaths(scenarios: Sequence[Scenario]) -> dict[tuple[str, str], tuple[str, ...]]:
    """Return which scenarios let a host die in a way with servers on a kind of storage on it.

    :return: way and kind of storage to the names of the scenarios
    """
    found: dict[tuple[str, str], tuple[str, ...]] = {}
    for scenario in scenarios:
        for death in dict.fromkeys(step.death for step in scenario.steps if step.death):
            for storage in scenario.topology.storages:
                names = found.get((death, storage), ())
                found[death, storage] = (*names, scenario.name)
    return found


def budget(test: str) -> int:
    """Return the seconds that the scenario of a test takes; 0 if it is none of ours.

    :param test: its full name
    """
    case = test.partition("[")[0].split(".")[-2]
    return next((one.budget for one in all_scenarios() if class_of(one) == case), 0)
