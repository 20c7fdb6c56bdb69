# SPDX-License-Identifier: Apache-2.0
"""How any story is told: once, recorded as it goes, stopped where it can go no further, healed.

May not know: what happens in it.
"""

from __future__ import annotations

import traceback

from migration_tests.cloud.clients import CloudError
from migration_tests.record import words
from migration_tests.record.history import History, Recorder
from migration_tests.record.story_events import (
    HarnessError,
    StoryFinished,
    StoryPhase,
    StorySkipped,
    StoryStopped,
)


class StorySkip(Exception):  # noqa: N818 - an answer, not an error
    """The story cannot be told here; the text is a sentence that says why."""


class StoryStop(Exception):  # noqa: N818
    """The story can go no further.

    :param cause: `words.CLOUD` or `words.HARNESS`
    :param reason: a sentence: what was awaited, what was found
    """

    def __init__(self, cause: str, reason: str) -> None:
        super().__init__(reason)
        self.cause = cause
        self.reason = reason


class Story:
    """A story; subclasses fill in `play` and `heal`.

    :param name: its name in the history and in the verdicts
    :param history: where it is recorded
    """

    def __init__(self, name: str, history: History) -> None:
        self.name = name
        self.history = history
        self.record = self.recorder("story")
        self.phase = words.PREPARE
        self.stopped: StoryStop | None = None

    def recorder(self, source: str) -> Recorder:
        """Return what an observer of this story records with."""
        return self.history.recorder(self.name, source)

    def begin(self, phase: str, title: str) -> None:
        """Enter a phase.

        :param phase: one of `words.PHASES`
        :param title: what happens now, for people
        """
        self.phase = phase
        self.record(StoryPhase(phase=phase, title=title))

    def play(self) -> None:
        """Do what the story is about; raises StorySkip or StoryStop."""
        raise NotImplementedError

    def heal(self) -> None:
        """Undo what was done and look back; called once, whatever `play` came to.

        It may raise StoryStop too; then it must have done what it could.
        """
        raise NotImplementedError

    def close(self) -> None:
        """End all observers; called last, must not raise."""
        raise NotImplementedError

    def tell(self) -> None:
        """Tell the story to its end. Failures are recorded, not raised.

        :raises KeyboardInterrupt: when it was interrupted; it has healed by then
        """
        skipped = False
        interrupted: KeyboardInterrupt | None = None
        try:
            try:
                self.play()
            except StorySkip as skip:
                skipped = True
                self.record(StorySkipped(reason=str(skip)))
            except KeyboardInterrupt as interrupt:
                interrupted = interrupt
                self.stop(StoryStop(words.HARNESS, "it was interrupted"))
            except Exception as error:
                self.stop(error)
            finally:
                self._heal_safely()
        finally:
            self.close()
        if not skipped:
            self.record(StoryFinished(complete=self.stopped is None))
        if interrupted is not None:
            raise interrupted

    def _heal_safely(self) -> None:
        try:
            self.heal()
        except Exception as error:
            self.stop(error)

    def stop(self, error: Exception) -> None:
        """Record that the story stops here; only the first stop counts."""
        stop = error if isinstance(error, StoryStop) else StoryStop(_cause(error), _text(error))
        if not isinstance(error, StoryStop):
            self.record(
                HarnessError(
                    where=f"story, {self.phase}",
                    error=_text(error),
                    traceback="".join(traceback.format_exception(error)),
                )
            )
        if self.stopped is None:
            self.stopped = stop
            self.record(
                StoryStopped(phase=self.phase, cause=stop.cause, reason=stop.reason)
            )


def _cause(error: Exception) -> str:
    """An API that breaks is the cloud's; whatever else we did not foresee is ours."""
    broken = isinstance(error, CloudError) and (error.http_status or 0) >= 500
    return words.CLOUD if broken else words.HARNESS


def _text(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"
