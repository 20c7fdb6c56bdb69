# SPDX-License-Identifier: Apache-2.0
"""Runs a scenario once: its steps until one can go no further, then all of its recovery.

Nothing is asserted here: what happens is recorded, failures included. May not know: what any
step does.
"""

from __future__ import annotations

import traceback

from migration_tests.cloud.errors import CloudError
from migration_tests.record import words
from migration_tests.record.events import (
    HarnessError,
    PhaseStarted,
    ScenarioFinished,
    ScenarioStopped,
)
from migration_tests.runner.context import Context
from migration_tests.runner.scenario import Phase, Scenario
from migration_tests.runner.stopping import Stop


class ScenarioRun:
    """One run of one scenario.

    :param context: made for this run; closed with it
    """

    def __init__(self, scenario: Scenario, context: Context) -> None:
        self._scenario = scenario
        self._context = context
        self.stopped: Stop | None = None

    def run(self) -> None:
        """Run all of it. Failures are recorded, not raised.

        :raises KeyboardInterrupt: when it was interrupted; the recovery has run by then
        """
        interrupted: KeyboardInterrupt | None = None
        context = self._context
        try:
            try:
                for phase in self._scenario.phases:
                    if not phase.recovery:
                        self._run(phase)
            except KeyboardInterrupt as interrupt:
                interrupted = interrupt
                self._stop(Stop(words.HARNESS, "it was interrupted"))
            except Exception as error:
                self._stop(error)
            finally:
                self._recover()
        finally:
            context.close()
        context.record(ScenarioFinished(complete=self.stopped is None))
        if interrupted is not None:
            raise interrupted

    def _recover(self) -> None:
        """Run every recovery step; what one could not do is known to those after it."""
        for phase in self._scenario.phases:
            if not phase.recovery:
                continue
            try:
                self._run(phase)
            except Exception as error:
                self._context.could_not[phase.name] = str(error)
                self._stop(error)

    def _run(self, phase: Phase) -> None:
        context = self._context
        context.phase = phase.name
        context.record(PhaseStarted(phase=phase.name, title=phase.step.title(context)))
        phase.step.run(context)

    def _stop(self, error: Exception) -> None:
        """Record that the scenario stops here; the first place counts, each is recorded."""
        context = self._context
        stop = error if isinstance(error, Stop) else Stop(_cause(error), _text(error))
        if not isinstance(error, Stop):
            context.record(
                HarnessError(
                    where=f"runner, {context.phase}",
                    error=_text(error),
                    traceback="".join(traceback.format_exception(error)),
                )
            )
        self.stopped = self.stopped or stop
        context.record(
            ScenarioStopped(phase=context.phase, cause=stop.cause, reason=stop.reason)
        )


def _cause(error: Exception) -> str:
    """An API that breaks is the cloud's; whatever else we did not foresee is ours."""
    broken = isinstance(error, CloudError) and (error.http_status or 0) >= 500
    return words.CLOUD if broken else words.HARNESS


def _text(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"
