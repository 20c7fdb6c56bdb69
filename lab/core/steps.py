# SPDX-License-Identifier: Apache-2.0
"""Runs a set of steps that need one another, as many at once as can, and says how it goes.

Knows nothing of what the steps do. How long each took is kept, so that the next run can say how
long is left.
"""

import contextlib
import dataclasses
import graphlib
import json
import os
import queue
import sys
import threading
import time
from collections.abc import Callable, Collection, Iterable, Mapping
from pathlib import Path
from typing import TextIO

CHECK_EVERY = 0.5
"""Seconds between looks at what would end all steps."""


@dataclasses.dataclass(frozen=True)
class Step:
    """One thing to do.

    :param name: short, unique; what `needs` of others refer to.
    :param title: what is being done, as it is printed.
    :param run: does it; is handed a function that reports a detail in a few words.
    :param needs: names of the steps to be done before.
    :param like: what the time it takes depends on, in words; only from runs alike is it
        known how long is left.
    :param there: its result is there from an earlier run, so that it takes no time; how long it
        takes to make is not forgotten over that.
    """

    name: str
    title: str
    run: Callable[[Callable[[str], None]], None]
    needs: tuple[str, ...] = ()
    like: str = ""
    there: bool = False

    @property
    def key(self) -> str:
        """What its duration is remembered under."""
        return f"{self.name} {self.like}".strip()


class StepError(Exception):
    """A step failed; the message names it and says why."""


class Progress:
    """Prints, line by line, what begins and ends, how long it took and what is left.

    :param durations: file that keeps how long each step took last time.
    """

    def __init__(self, durations: Path, stream: TextIO | None = None):
        self._file = durations
        self._stream = stream or sys.stdout
        self._lock = threading.Lock()
        self._began = time.monotonic()
        self._expected = self._read()
        self.measured: dict[str, float] = {}

    def _read(self) -> dict[str, float]:
        try:
            found = json.loads(self._file.read_text())
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}

    def say(self, text: str) -> None:
        """Print a line with the seconds since the beginning before it."""
        with self._lock:
            elapsed = time.monotonic() - self._began
            print(f"[{elapsed:6.1f}s] {text}", file=self._stream, flush=True)

    def left(self, steps: Iterable[Step], began: Mapping[str, float] | None = None) -> float:
        """Return the seconds the longest chain of `steps` will take, as it did last time.

        :param began: by the name of a running step, the point of the monotonic clock.
        :return: 0 if it is not known.
        """
        pending = {step.name: step for step in steps}
        now = time.monotonic()
        known: dict[str, float] = {}

        def alone(step: Step) -> float:
            expected = 0 if step.there else self._expected.get(step.key, 0)
            since = (began or {}).get(step.name)
            return expected if since is None else max(0, expected - (now - since))

        def until(name: str) -> float:
            if name not in pending:
                return 0
            if name not in known:
                before = max((until(need) for need in pending[name].needs), default=0)
                known[name] = before + alone(pending[name])
            return known[name]

        return max((until(name) for name in pending), default=0)

    def took(self, step: Step, seconds: float) -> None:
        """Remember that a step took so long."""
        with self._lock:
            self.measured[step.name] = round(seconds, 2)
            if step.there:
                return
            self._expected[step.key] = round(seconds, 2)
            self._file.parent.mkdir(parents=True, exist_ok=True)
            # Other labs write here too: each under a name of its own, and what they know stays.
            fresh = self._file.with_suffix(f".{os.getpid()}.new")
            known = {**self._read(), step.key: round(seconds, 2)}
            fresh.write_text(json.dumps(known, indent=1, sort_keys=True))
            fresh.rename(self._file)


@dataclasses.dataclass(frozen=True)
class _End:
    """How a step ended: after how many seconds, and with what error."""

    step: Step
    seconds: float
    error: BaseException | None


class _Run:
    """One go at a set of steps; its threads hold up nobody's end."""

    def __init__(self, steps: Collection[Step], progress: Progress):
        self._progress = progress
        self._pending = {step.name: step for step in steps}
        self._began: dict[str, float] = {}
        self._ends: queue.SimpleQueue[_End] = queue.SimpleQueue()
        self._over = False

    def start(self, step: Step) -> None:
        """Let a step run beside the others."""
        self._progress.say(f"{step.title}{self._left()}")
        self._began[step.name] = time.monotonic()
        # A daemon: the end of the command does not wait for a step that waits itself.
        threading.Thread(target=self._work, args=(step,), daemon=True).start()

    def _work(self, step: Step) -> None:
        error: BaseException | None = None
        began = time.monotonic()
        try:
            step.run(lambda detail: self._detail(step, detail))
        except BaseException as raised:  # whatever it is, the other thread reports it
            error = raised
        self._ends.put(_End(step, time.monotonic() - began, error))

    def _detail(self, step: Step, detail: str) -> None:
        if not self._over:
            self._progress.say(f"  {step.title}: {detail}{self._left()}")

    def _left(self) -> str:
        left = self._progress.left(list(self._pending.values()), dict(self._began))
        return f" (about {left:.0f} s left)" if left >= 1 else ""

    def wait(self, check: Callable[[], None]) -> str:
        """Return the name of the next step that is done; whatever `check` raises ends the wait.

        :raises StepError: it failed.
        """
        while True:
            check()
            with contextlib.suppress(queue.Empty):
                end = self._ends.get(timeout=CHECK_EVERY)
                break
        step = end.step
        if end.error:
            self._over = True
            raise StepError(self._failure(end)) from end.error
        del self._pending[step.name], self._began[step.name]
        self._progress.took(step, end.seconds)
        found = "was there" if step.there else f"{end.seconds:.1f} s"
        self._progress.say(f"done: {step.title}, {found}{self._left()}")
        return step.name

    def _failure(self, end: _End) -> str:
        why = str(end.error).strip() or type(end.error).__name__
        others = [step.title for step in self._pending.values() if step.name in self._began]
        others.remove(end.step.title)
        left_off = f"\nGiven up with it: {', '.join(others)}." if others else ""
        return f"After {end.seconds:.0f} s: {end.step.title} failed.\n{why}{left_off}"


def run_steps(
    steps: list[Step], progress: Progress, check: Callable[[], None] = lambda: None
) -> None:
    """Run all steps, each as soon as what it needs is done.

    :param check: called now and then; what it raises ends the run as a step's failure does.
    :raises StepError: one failed; no further one starts, and those that run are given up: they
        end with this process.
    """
    by_name = {step.name: step for step in steps}
    graph = graphlib.TopologicalSorter({step.name: step.needs for step in steps})
    try:
        graph.prepare()
    except graphlib.CycleError as cycle:
        raise StepError(f"These steps wait for each other: {', '.join(cycle.args[1])}.") from cycle
    expected = progress.left(steps)
    if expected:
        progress.say(f"{len(steps)} steps, {expected:.0f} s last time")
    run = _Run(steps, progress)
    while graph.is_active():
        for name in graph.get_ready():
            run.start(by_name[name])
        graph.done(run.wait(check))
