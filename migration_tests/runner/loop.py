# SPDX-License-Identifier: Apache-2.0
"""Runs a scenario once: its steps until one can go no further, then all of its recovery.

Nothing is asserted here: what happens is recorded, failures included. May not know: what any
step does.
"""

from __future__ import annotations

import contextlib
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

# What asks for the end of the process; it waits until all is undone.
_INTERRUPTS = (KeyboardInterrupt, SystemExit)


class ScenarioRun:
    """One run of one scenario.

    :param context: made for this run; closed with it
    """

    def __init__(self, scenario: Scenario, context: Context) -> None:
        self._steps = [phase for phase in scenario.phases if not phase.recovery]
        self._recovery = [phase for phase in scenario.phases if phase.recovery]
        self._context = context
        self._begun = ""  # name of the phase that was last begun
        self._interrupt: BaseException | None = None
        self.stopped: Stop | None = None

    def run(self) -> None:
        """Run all of it. Failures are recorded, not raised.

        :raises KeyboardInterrupt: when it was interrupted; the recovery has run by then
        :raises migration_tests.record.history.HistoryError: when not all could be recorded;
            likewise
        """
        context = self._context
        try:
            self._do_steps()
        finally:
            # What was done to the cloud is undone even if that cannot be recorded any more.
            with context.history.going_on():
                for phase in self._recovery:
                    self._recover(phase)
                self._close()
                context.record(ScenarioFinished(complete=self.stopped is None))
        if self._interrupt is not None:
            raise self._interrupt
        if context.history.lost is not None:
            raise context.history.lost

    def _do_steps(self) -> None:
        try:
            for phase in self._steps:
                self._begin(phase)
                phase.step.run(self._context)
            # On the record before the steps are left: from then on no interrupt comes in.
            for phase in self._recovery[:1]:
                self._begin(phase)
        except _INTERRUPTS as interrupt:
            self._interrupted(interrupt)
        except Exception as error:
            self._stop(error)

    def _recover(self, phase: Phase) -> None:
        """Run a recovery step; what it could not do is known to those after it.

        An interrupt lets it begin anew: what was cut off is not to be left so by one Ctrl-C.
        """
        for last in (False, True):
            try:
                self._begin_whatever_happens(phase)
                phase.step.run(self._context)
                return
            except _INTERRUPTS as interrupt:
                self._interrupt = self._interrupt or interrupt
                if last:
                    self._context.could_not[phase.name] = "it was interrupted"
                    self._interrupted(interrupt)
            except Exception as error:
                self._context.could_not[phase.name] = str(error)
                self._stop(error)
                return

    def _begin(self, phase: Phase) -> None:
        context = self._context
        context.phase = phase.name
        if self._begun != phase.name:
            context.record(PhaseStarted(phase=phase.name, title=phase.step.title(context)))
            self._begun = phase.name

    def _begin_whatever_happens(self, phase: Phase) -> None:
        """Begin a step that is run even if it cannot say what it does.

        An interrupt of a step that came late is raised here, too; it comes once.
        """
        for _ in range(2):
            with contextlib.suppress(Exception):
                self._begin(phase)
                return
        self._context.phase = phase.name
        self._context.record(PhaseStarted(phase=phase.name, title=phase.step.doing))

    def _close(self) -> None:
        try:
            self._context.close()
        except _INTERRUPTS as interrupt:
            self._interrupted(interrupt)
        except Exception as error:
            self._stop(error)

    def _interrupted(self, interrupt: BaseException) -> None:
        self._interrupt = self._interrupt or interrupt
        self._stop(Stop(words.HARNESS, "it was interrupted"))

    def _stop(self, error: Exception) -> None:
        """Record that the scenario stops here; the first place counts, each is recorded."""
        context = self._context
        stop = error if isinstance(error, Stop) else Stop(_cause(error), _text(error))
        self.stopped = self.stopped or stop
        with context.history.going_on():
            if not isinstance(error, Stop):
                context.record(
                    HarnessError(
                        where=f"runner, {context.phase}",
                        error=_text(error),
                        traceback="".join(traceback.format_exception(error)),
                    )
                )
            context.record(
                ScenarioStopped(phase=context.phase, cause=stop.cause, reason=stop.reason)
            )


def _cause(error: Exception) -> str:
    """An API that breaks is the cloud's; whatever else we did not foresee is ours."""
    broken = isinstance(error, CloudError) and (error.http_status or 0) >= 500
    return words.CLOUD if broken else words.HARNESS


def _text(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"
