# SPDX-License-Identifier: Apache-2.0
"""The test process itself: stestr's worker that can be interrupted without leaving a host down.

An interrupt becomes an ordinary exception inside the scenario, in a phase that may be
interrupted: it stops, its recovery runs, it is judged and cleaned up after, and no further
scenario begins. While a host is being cut off or brought back the interrupt waits. May not know:
what a scenario does.
"""

from __future__ import annotations

import functools
import os
import signal
import sys
import unittest
from pathlib import Path
from typing import Any

from stestr.subunit_runner import program
from stestr.subunit_runner.run import SubunitTestRunner

from migration_tests.record import history, words
from migration_tests.record.events import (
    PhaseStarted,
    ScenarioFinished,
    ScenarioPlanned,
    ScenarioStopped,
)
from migration_tests.record.run_folder import ENVIRONMENT, RunFolder

PATIENCE = 1.0  # seconds after which a waiting interrupt looks whether it may come in


class Interrupted(Exception):  # noqa: N818 - nobody's error
    """Somebody asked for the end of the run."""


class Interrupts:
    """Turns the first SIGINT into the end of the run, at a good moment.

    :param path: the run's history, which tells the phase it is in; None: any moment is good.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._asked = False
        self.result: Any = None  # the tests' result, once there is one

    def install(self) -> None:
        """Take SIGINT and SIGALRM."""
        signal.signal(signal.SIGINT, self._ask)
        signal.signal(signal.SIGALRM, self._come_in)

    def _ask(self, number: int, frame: Any) -> None:
        if not self._asked:
            self._asked = True
            if self.result is not None:
                self.result.stop()
            self._come_in(number, frame)

    def _come_in(self, number: int, frame: Any) -> None:
        if self._path is None or interruptible(self._path):
            raise Interrupted("the run was interrupted")
        signal.setitimer(signal.ITIMER_REAL, PATIENCE)


def interruptible(path: Path) -> bool:
    """Return whether the scenario that runs is in a phase that may be interrupted.

    Between scenarios, while they are set up and taken down, it may not, unless one waits for its
    turn; nor between the step in which a scenario stopped and its recovery.
    """
    try:
        lines = history.read(path)
    except history.HistoryError:
        return False
    begun: str | None = None
    for line in reversed(lines):
        event = line.event
        if line.kind == words.WAITING and begun is None:
            return True
        if isinstance(event, ScenarioFinished) or (
            isinstance(event, ScenarioStopped) and begun is None
        ):
            return False
        if isinstance(event, PhaseStarted):
            begun = begun or event.phase
        if isinstance(event, ScenarioPlanned):
            return any(phase.name == begun and phase.interruptible for phase in event.phases)
    return False


class _Tests(unittest.TestSuite):
    """All tests; hands their result to whoever may have to stop them."""

    def __init__(self, test: Any, interrupts: Interrupts) -> None:
        super().__init__([test])
        self._interrupts = interrupts

    def run(self, result: Any, debug: bool = False) -> Any:
        self._interrupts.result = result
        return super().run(result, debug)


class Runner(SubunitTestRunner):
    """stestr's runner, interruptible."""

    def run(self, test: Any) -> Any:
        """Run all tests and return their result."""
        named = os.environ.get(ENVIRONMENT)
        interrupts = Interrupts(RunFolder(Path(named)).history if named else None)
        interrupts.install()
        return super().run(_Tests(test, interrupts))


def main() -> None:
    """Run as stestr's own worker does; argv as there."""
    program.TestProgram(
        module=None, argv=sys.argv, testRunner=functools.partial(Runner, stdout=sys.stdout)
    )


if __name__ == "__main__":
    main()
