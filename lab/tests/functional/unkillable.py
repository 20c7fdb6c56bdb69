# SPDX-License-Identifier: Apache-2.0
"""Ends ``lab up`` at each of its steps, in every way, and looks what ``lab down`` leaves.

The steps are those of the plan itself. After each end a second ``lab up`` must get over the
remains, and ``lab down`` must leave nothing; at last a whole lab must come up. Everything happens
in a cache folder of its own, in which what takes long to build is linked to the usual one.

``python -m lab.tests.functional.unkillable [PART ...]``: ``whole`` (a whole lab is brought up
first), ``steps`` or some of ``lab up``'s steps by their names, ``others``, ``disk``, ``builds``
(which builds a root file system and takes longest); all if none is named.
"""

import contextlib
import dataclasses
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Container, Iterator
from pathlib import Path

from lab import rootfs
from lab.core import cgroups
from lab.core.cache import VARIABLE, Cache
from lab.core.processes import Process
from lab.core.steps import Step
from lab.lifecycle.building import Lab
from lab.lifecycle.making import Making
from lab.model.choices import Choices
from lab.tests.functional.checks import Score
from lab.tests.functional.cloud import ask
from lab.tests.functional.commands import Command, WrongError, begins, is_done
from lab.tests.functional.machine import Machine

NAME = "nightly-unkillable"
PARTS = ("whole", "steps", "others", "disk", "builds")
SEED = 20261121
SIZE = 24 << 30
BEGINNING = 0.1
"""Seconds: a process of a step has begun by then, and still imports what it needs."""

# A boot id of its own for the commands that run in these namespaces, as after a restart.
_RESTARTED = r"""
mount --bind "$0" /proc/sys/kernel/random/boot_id
exec "$@"
"""


def linked_cache(place: Path, kinds: str = "rootfs|base|template|guest") -> Cache:
    """Return a cache in the folder in which what the usual one has of these kinds is there too."""
    for built in Cache().folder.iterdir():
        if re.fullmatch(rf"({kinds})-[0-9a-f]+", built.name):
            (place / built.name).symlink_to(built)
    return Cache(place)


@dataclasses.dataclass
class Trial:
    """The checks, and what they share: a cache and the lab that is ended in it again and again."""

    cache: Cache
    moments: random.Random = dataclasses.field(default_factory=lambda: random.Random(SEED))
    took: dict[str, float] = dataclasses.field(default_factory=dict)

    def __post_init__(self) -> None:
        self.lab = Lab(NAME, self.cache)
        self.choices = Choices(hosts=1)
        self.machine = Machine(self.cache.folder, self.lab.folder)

    @property
    def steps(self) -> list[Step]:
        """The steps of ``lab up``, as it has them."""
        plan = self.lab.plan(self.choices)
        return Making(plan, self.cache, self.lab.folder, self.lab.product).steps()

    def command(self, *words: str, before: tuple[str, ...] = ()) -> Command:
        """Start a command of the lab on the lab of this trial."""
        environment = {VARIABLE: str(self.cache.folder)}
        verb, *rest = words
        return Command(verb, "--name", NAME, *rest, before=before, **environment)

    def up(self, before: tuple[str, ...] = ()) -> Command:
        """Start ``lab up``."""
        return self.command("up", "--computes", str(self.choices.hosts), before=before)

    def down(self, before: tuple[str, ...] = ()) -> None:
        """Run ``lab down``, and see that nothing is left."""
        self.machine.look()
        command = self.command("down", before=before)
        status = command.wait()
        if status:
            raise WrongError(f"lab down ended with {status}: {command.said[-500:]}")
        left = self.machine.left_at_last()
        if left:
            raise WrongError("lab down left: " + "; ".join(left))

    def whole_lab(self) -> None:
        """Bring a lab up, note how long each step took, and see that it can be used."""
        command = self.up()
        if command.wait():
            raise WrongError(f"lab up failed: {command.said[-1500:]}")
        for step in self.steps:
            line = command.until(is_done(step.title))
            self.took[step.name] = float((re.findall(r"([\d.]+) s", line or "") or [1])[0])
        self.machine.look()
        ask(NAME, "boot", "there", **{VARIABLE: str(self.cache.folder)})

    def gets_over_it(self, before: tuple[str, ...] = ()) -> None:
        """See that ``lab up`` gets over the remains: as far as there is a lab again."""
        command = self.up(before)
        if not command.until(is_done(self._outer.title)):
            command.end()
            raise WrongError(f"lab up did not get over the remains: {command.said[-1000:]}")
        self.machine.look()
        command.end()

    @property
    def _outer(self) -> Step:
        return next(step for step in self.steps if step.name == "outer")

    def ended_at(self, step: Step, number: int, delay: float) -> None:
        """End ``lab up`` by a signal so long after a step began."""
        command = self.up()
        if not command.until(begins(step.title)):
            raise WrongError(f"lab up ended before {step.title}: {command.said[-1000:]}")
        time.sleep(delay)
        self.machine.look()
        status = command.end(number)
        self.sensible(command, status, number)
        self.gets_over_it()
        self.down()

    @staticmethod
    def sensible(command: Command, status: int, number: int) -> None:
        """See that an interrupted command says so in a sentence."""
        if number != signal.SIGINT or status == 0:  # it was done before
            return
        command.wait()
        if "Traceback" in command.said:
            raise WrongError(f"a trace after an interrupt: {command.said[-1500:]}")
        if status != 130:
            raise WrongError(f"status {status} after an interrupt: {command.said[-500:]}")

    def second_at_once(self) -> None:
        """See that a second ``up`` and a ``down`` are refused while a first runs, unharmed."""
        first = self.up()
        first.until(is_done(self._outer.title))
        for second in (self.up(), self.command("down")):
            status = second.wait()
            if status == 0 or f"(process {first.process.pid})" not in second.said:
                raise WrongError(f"not refused with a sentence: {status}, {second.said[-500:]}")
        if first.process.poll() is not None:
            raise WrongError("the first lab up ended")
        first.end()
        self.down()

    def outer_killed(self) -> None:
        """Kill the first process of a lab that is up, then look at it and remove it."""
        os.kill(self.lab.engine().outer.processes[1].pid, signal.SIGKILL)
        status = self.command("status")
        if status.wait() == 0 or "has ended" not in status.said or "Traceback" in status.said:
            raise WrongError(f"lab status says: {status.said[-500:]}")
        self.gets_over_it()
        self.down()

    def restarted(self) -> None:
        """Leave of a lab what a restart leaves, its files, and use the machine again.

        The numbers of its processes are now those of others; so is the id of the boot.
        """
        bystander = subprocess.Popen(["sleep", "infinity"])
        self.machine.spare(bystander.pid)
        known = dataclasses.asdict(Process.of(bystander.pid))
        fresh = self.cache.folder / "boot_id"
        fresh.write_text("11111111-2222-4333-8444-555555555555\n")
        namespaces = ("unshare", "--mount", "--propagation", "private")
        before = (*namespaces, "sh", "-ec", _RESTARTED, str(fresh))
        try:
            for again in (self.gets_over_it, self.down):
                self.gets_over_it()
                self.lab.engine().outer.kill()
                cgroups.remove(self.lab.folder)
                note = self.lab.folder / "outer.json"
                then = json.loads(note.read_text()) if note.exists() else {}
                note.write_text(json.dumps({"boot_id": "then", **then, "processes": [known] * 2}))
                again(before)
                if bystander.poll() is not None:
                    raise WrongError("a process was killed that has but the number of another")
            self.down()
        finally:
            bystander.kill()
            bystander.wait()

    def points(self, names: Container[str]) -> Iterator[tuple[str, Callable[[], None]]]:
        """Go through the ends at each step that is named.

        A kill and an interrupt as it begins, when its processes are not ready for one; then a kill
        and an interrupt at some moment of it.
        """
        note = Cache().folder / "durations.json"
        usual = json.loads(note.read_text()) if note.exists() else {}
        for step in self.steps:
            if step.name not in names:
                continue
            whole = self.took.get(step.name) or usual.get(step.key, 1.0)
            for word, number, delay in (
                ("killed as it begins", signal.SIGKILL, 0.0),
                ("interrupted as it begins", signal.SIGINT, BEGINNING),
                ("killed", signal.SIGKILL, self.moments.uniform(0, whole)),
                ("interrupted", signal.SIGINT, self.moments.uniform(0, whole)),
            ):
                title = f"{step.title}: {word}" + (f" after {delay:.1f} s" if delay else "")
                yield title, lambda s=step, n=number, d=delay: self.ended_at(s, n, d)

    def builds(self) -> Iterator[tuple[str, Callable[[], None]]]:
        """Go through the ends in what is built once, each as soon as it is seen to begin."""
        seen: set[str] = set()
        for step in (each for each in self.steps if each.name in ("rootfs", "template", "guest")):
            yield f"{step.title}: killed while it builds", lambda s=step: self.build(s, seen)

    def build(self, step: Step, seen: set[str]) -> None:
        """Kill a build at each thing it says it does, until it says nothing new."""
        while True:
            command = self.up()
            fresh = command.until(lambda line: self._detail(line, step) not in (None, *seen))
            done = fresh is None or bool(is_done(step.title)(fresh))
            if fresh and not done:
                seen.add(self._detail(fresh, step) or "")
                time.sleep(self.moments.uniform(0, 4))
            self.machine.look()
            command.end()
            self.down()
            if done:
                return

    @staticmethod
    def _detail(line: str, step: Step) -> str | None:
        """Return what a line says a step does or that it is done; None of any other line."""
        title = re.escape(step.title)
        found = re.search(rf"s\] ( *{title}.*|done: {title})", line)
        return re.sub(r" \(about.*|, [\d.]+ s.*", "", found[1]) if found else None


def full_disk() -> None:
    """Fill the disk below a ``lab up``: it must say so, ``down`` must work, and ``up`` again."""
    folder = Path(tempfile.mkdtemp(prefix="unkillable-", dir=Cache().folder))
    image, place = folder / "disk.img", folder / "mounted"
    place.mkdir()
    with image.open("wb") as stream:
        stream.truncate(SIZE)
    subprocess.run(["mkfs.ext4", "-q", "-F", "-m", "0", str(image)], check=True)
    subprocess.run(["mount", "-o", "loop", str(image), str(place)], check=True)
    try:
        trial = Trial(linked_cache(place))
        for step in trial.steps:
            if step.there or step.name == "finish":
                continue
            command = trial.up()
            command.until(begins(step.title))
            filler = place / "filler"
            free = shutil.disk_usage(place).free
            subprocess.run(["fallocate", "-l", str(free), str(filler)], check=False)
            with contextlib.suppress(OSError), filler.open("ab", buffering=0) as stream:
                while stream.write(bytes(4096)):
                    pass
            status = command.wait()
            if status == 0 or "Traceback" in command.said or "is full" not in command.said:
                raise WrongError(f"{step.title}: status {status}, {command.said[-1500:]}")
            trial.down()
            refused = trial.up()
            if refused.wait() == 0 or "GiB of disk" not in refused.said:
                raise WrongError(f"lab up on a full disk says: {refused.said[-500:]}")
            filler.unlink()
        trial.gets_over_it()
        trial.down()
    finally:
        subprocess.run(["umount", "-l", str(place)], check=False)
        shutil.rmtree(folder, ignore_errors=True)


def main() -> None:
    """Try what the command line names."""
    chosen = sys.argv[1:] or list(PARTS)
    rootfs.build(Cache(), Choices().lock_text, print)
    score = Score()
    for kinds in ("rootfs|base|template|guest", "none"):
        folder = Path(tempfile.mkdtemp(prefix="unkillable-", dir=Cache().folder))
        trial = Trial(linked_cache(folder, kinds))
        if "steps" in chosen:
            chosen += [step.name for step in trial.steps]
        try:
            if kinds == "none":
                score.check_all(trial.builds() if "builds" in chosen else ())
                continue
            if "whole" in chosen:
                score.check("a whole lab", trial.whole_lab)
                score.check("its first process killed", trial.outer_killed)
            score.check_all(trial.points(chosen))
            if "others" in chosen:
                score.check("a second command at once", trial.second_at_once)
                score.check("the machine restarted", trial.restarted)
            if "disk" in chosen:
                score.check("a full disk", full_disk)
        finally:
            trial.lab.remove()
            shutil.rmtree(folder, ignore_errors=True)
    score.end()


if __name__ == "__main__":
    main()
