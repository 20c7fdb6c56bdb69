# SPDX-License-Identifier: Apache-2.0
"""Runs a set of steps that need one another, as many at once as can, and says how it goes.

Knows nothing of what the steps do. How long each took is kept, so that the next run can say how
long is left.
"""

import concurrent.futures
import dataclasses
import graphlib
import json
import sys
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TextIO


@dataclasses.dataclass(frozen=True)
class Step:
    """One thing to do.

    :param name: short, unique; what `needs` of others refer to.
    :param title: what the reader is told is being done.
    :param run: does it; is handed a function that reports a detail in a few words.
    :param needs: names of the steps to be done before.
    """

    name: str
    title: str
    run: Callable[[Callable[[str], None]], None]
    needs: tuple[str, ...] = ()


class StepError(Exception):
    """A step failed; the message names it and says why."""


class Progress:
    """Tells a reader, line by line, what begins and ends, how long it took and what is left.

    :param durations: file that keeps how long each step took last time.
    """

    def __init__(self, durations: Path, stream: TextIO | None = None):
        self._file = durations
        self._stream = stream or sys.stdout
        self._lock = threading.Lock()
        self._began = time.monotonic()
        try:
            self._expected: dict[str, float] = json.loads(durations.read_text())
        except (OSError, ValueError):
            self._expected = {}

    def say(self, text: str) -> None:
        """Print a line with the seconds since the beginning before it."""
        with self._lock:
            elapsed = time.monotonic() - self._began
            print(f"[{elapsed:6.1f}s] {text}", file=self._stream, flush=True)

    def left(self, steps: Iterable[Step]) -> float:
        """Return the seconds the longest chain of `steps` took last time (0: not known)."""
        pending = {step.name: step for step in steps}
        known: dict[str, float] = {}

        def until(name: str) -> float:
            if name not in pending:
                return 0
            if name not in known:
                before = max((until(need) for need in pending[name].needs), default=0)
                known[name] = before + self._expected.get(name, 0)
            return known[name]

        return max((until(name) for name in pending), default=0)

    def took(self, step: Step, seconds: float) -> None:
        """Remember that a step took so long."""
        with self._lock:
            self._expected[step.name] = round(seconds, 2)
            fresh = self._file.with_suffix(".new")
            self._file.parent.mkdir(parents=True, exist_ok=True)
            fresh.write_text(json.dumps(self._expected, indent=1))
            fresh.rename(self._file)


def run_steps(steps: list[Step], progress: Progress) -> None:
    """Run all steps, each as soon as what it needs is done.

    :raises StepError: one failed; those that run already are waited for, no further one starts.
    """
    by_name = {step.name: step for step in steps}
    graph = graphlib.TopologicalSorter({step.name: step.needs for step in steps})
    try:
        graph.prepare()
    except graphlib.CycleError as cycle:
        raise StepError(f"These steps wait for each other: {', '.join(cycle.args[1])}.") from cycle
    pending = dict(by_name)
    running: dict[concurrent.futures.Future[float], Step] = {}
    failure: tuple[Step, BaseException] | None = None
    expected = progress.left(steps)
    if expected:
        progress.say(f"{len(steps)} steps, {expected:.0f} s last time")
    pool = concurrent.futures.ThreadPoolExecutor(len(steps))
    try:
        while (graph.is_active() and not failure) or running:
            for name in graph.get_ready() if not failure else ():
                running[pool.submit(_timed, by_name[name], progress)] = by_name[name]
            finished, _ = concurrent.futures.wait(
                running, return_when=concurrent.futures.FIRST_COMPLETED
            )
            for future in finished:
                step = running.pop(future)
                del pending[step.name]
                error = future.exception()
                if error:
                    failure = failure or (step, error)
                    continue
                graph.done(step.name)
                progress.took(step, future.result())
                left = progress.left(pending.values())
                after = f", about {left:.0f} s left" if left >= 1 else ""
                progress.say(f"done: {step.title} ({future.result():.1f} s{after})")
    finally:
        # An interrupt does not wait for steps that wait themselves, perhaps for minutes.
        pool.shutdown(wait=False, cancel_futures=True)
    if failure:
        step, error = failure
        raise StepError(f"{step.title} failed.\n{error}") from error


def _timed(step: Step, progress: Progress) -> float:
    progress.say(step.title)
    began = time.monotonic()
    step.run(lambda detail: progress.say(f"  {step.title}: {detail}"))
    return time.monotonic() - began
