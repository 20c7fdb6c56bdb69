# SPDX-License-Identifier: Apache-2.0
"""Measures a lab: how long each step of making and resetting it takes, and what it takes idle.

A lab of its own is made for it and removed again, from a cache of its own where nothing may be
there before. Knows the aims, and says of each whether it is met.
"""

import dataclasses
import os
import shutil
import statistics
import time
from collections.abc import Iterator

from lab.core import looking, usage
from lab.core.cache import Cache
from lab.core.steps import Progress
from lab.lifecycle.building import Lab
from lab.lifecycle.runner import ask
from lab.model.choices import Choices

QUIET_SECONDS = 120
QUIET_CORES = 0.5
# Of each kind.
SERVERS = 1
POPULATE_SECONDS = 240
# A piece of work that is the same everywhere, so that figures of two machines can be compared.
REFERENCE_TURNS = 20_000_000

# Seconds, GiB, percent of one processor.
AIMS = {"cold": 300.0, "warm": 45.0, "reset": 10.0, "memory": 6.0, "idle processor": 15.0}


@dataclasses.dataclass(frozen=True)
class Measure:
    """One thing measured.

    :param name: what.
    :param of: a part of it, or nothing for all of it.
    """

    name: str
    of: str
    value: float
    unit: str

    @property
    def aim(self) -> float | None:
        """What it should stay below, if there is such an aim."""
        return None if self.of else AIMS.get(self.name)

    @property
    def met(self) -> bool | None:
        """Whether it does."""
        return None if self.aim is None else self.value < self.aim


class Bench:
    """One benchmark.

    :param lab: name of the lab that is made for it; there must be none.
    :param choices: what lab.
    :param cache: of the machine, for what is measured with everything there.
    """

    def __init__(self, name: str, choices: Choices, cache: Cache):
        self._name = name
        self._choices = choices
        self._cache = cache

    def _make(self, what: str, lab: Lab) -> Iterator[Measure]:
        progress = Progress(lab.cache.folder / "durations.json")
        began = time.monotonic()
        lab.make(self._choices, progress)
        seconds = time.monotonic() - began
        for step, taken in progress.measured.items():
            yield Measure(what, step, taken, "s")
        yield Measure(what, "", seconds, "s")

    def cold(self) -> Iterator[Measure]:
        """Make a lab with nothing built before."""
        cache = Cache(self._cache.folder / f"{self._name}-cold")
        shutil.rmtree(cache.folder, ignore_errors=True)
        lab = Lab(self._name, cache)
        try:
            yield reference_loop("cold")
            yield from self._make("cold", lab)
        finally:
            lab.remove()
            shutil.rmtree(cache.folder, ignore_errors=True)

    def warm(self, repeat: int, idle_seconds: float) -> Iterator[Measure]:
        """Make labs with everything built; look at the last one idle, and reset it.

        :param repeat: how many; the median counts, the steps are those of the last.
        """
        lab = Lab(self._name, self._cache)
        try:
            runs = []
            for number in range(1, repeat + 1):
                lab.remove()
                yield reference_loop("warm")
                *parts, whole = self._make("warm", lab)
                runs.append(whole.value)
                if repeat > 1:
                    yield Measure("warm", f"run {number}", whole.value, "s")
            yield from parts
            yield Measure("warm", "", statistics.median(runs), "s")
            yield from self._idle(lab, idle_seconds)
            yield from self._reset(lab)
        finally:
            lab.remove()

    def _idle(self, lab: Lab, seconds: float) -> Iterator[Measure]:
        outer = lab.engine().outer
        end = time.monotonic() + QUIET_SECONDS
        while _cores(lab, 5) > QUIET_CORES and time.monotonic() < end:
            pass
        yield Measure("idle processor", "", 100 * _cores(lab, seconds), "% of one")
        yield Measure("memory", "", usage.memory(outer) / (1 << 30), "GiB")
        for host in looking.look(lab.engine()):
            yield Measure("memory", host.name, host.memory / (1 << 30), "GiB")
        yield Measure("processes", "", len(usage.processes(outer)), "")

    def _reset(self, lab: Lab) -> Iterator[Measure]:
        engine = lab.engine()
        for what, off in (("reset", ()), ("reset, a host was off", engine.plan.computes[:1])):
            homes = {str(host.kind): host.name for host in reversed(engine.plan.computes)}
            homes["volume"] = engine.plan.computes[0].name
            wanted = {
                "folder": str(lab.folder / "bench"),
                "counts": dict.fromkeys(homes, SERVERS),
                "homes": homes,
                "seconds": POPULATE_SECONDS,
            }
            made = ask(engine, lab.product, "lab.soak.populate", wanted, print)
            for host in off:
                engine.power_off(host.name)
            progress = Progress(lab.cache.folder / "durations.json")
            yield reference_loop(what)
            began = time.monotonic()
            lab.reset(progress)
            seconds = time.monotonic() - began
            for step, taken in progress.measured.items():
                yield Measure(what, step, taken, "s")
            yield Measure(what, "servers", made["servers"], "")
            yield Measure(what, "", seconds, "s")


def _cores(lab: Lab, seconds: float) -> float:
    """Return how many processors the lab keeps busy, over so many seconds."""
    outer = lab.engine().outer
    before, began = usage.processor_seconds(outer), time.monotonic()
    time.sleep(seconds)
    after = usage.processor_seconds(outer)
    return (after - before) / (time.monotonic() - began)


def reference_loop(before: str) -> Measure:
    """Say how fast one processor is just now: a virtual machine's is not always as fast.

    :param before: what is measured next.
    """
    began = time.process_time()
    for _ in range(REFERENCE_TURNS):
        pass
    return Measure(before, "reference loop before it", time.process_time() - began, "s")


def machine() -> list[Measure]:
    """Say what it is measured on."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / (1 << 30)
    return [
        Measure("machine", "processors", os.cpu_count() or 0, ""),
        Measure("machine", "memory", memory, "GiB"),
        Measure("machine", "processes that run already", os.getloadavg()[0], ""),
    ]
