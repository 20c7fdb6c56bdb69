# SPDX-License-Identifier: Apache-2.0
"""A lab by its name: whether it is there, what it was made of, and how it is made and removed."""

import contextlib
import dataclasses
import fcntl
import json
import os
import shutil
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from lab import remedies
from lab.core import cgroups, processes
from lab.core.cache import Cache
from lab.core.outer import Outer
from lab.core.steps import Progress, StepError, run_steps
from lab.hosts.engine import LabEngine
from lab.lifecycle import requirements
from lab.lifecycle.ingredients import Ingredients
from lab.lifecycle.making import Making
from lab.lifecycle.resetting import Resetting
from lab.loading.patch import Patch, read
from lab.model.choices import Choices
from lab.model.plan import Plan, make_plan

RESET_SECONDS = 120


class LabError(Exception):
    """The lab cannot do what was asked; the message says why and what to do."""


@dataclasses.dataclass(frozen=True)
class State:
    """What is remembered of a lab between two commands.

    :param made_of: names of what it needs of the cache.
    """

    choices: Choices
    rootfs: str
    defects: tuple[str, ...] = ()
    complete: bool = False
    made_of: tuple[str, ...] = ()

    @classmethod
    def read(cls, text: str) -> "State":
        """Return what `written` made of a state."""
        data = json.loads(text)
        data["choices"] = Choices.read(data["choices"])
        lists = {name: tuple(data.get(name, ())) for name in ("defects", "made_of")}
        return cls(**{**data, **lists})

    @property
    def written(self) -> str:
        """This, as text."""
        return json.dumps(dataclasses.asdict(self), indent=1)


class Lab:
    """A lab by name, whether it is there or not.

    :param name: letters, digits and dashes.
    :param cache: where it is kept.
    """

    def __init__(self, name: str, cache: Cache | None = None):
        if not name.replace("-", "").isalnum() or len(name) > 24:
            raise LabError(f"A lab's name is of letters, digits, dashes, up to 24: not {name!r}.")
        self.name = name
        self.cache = cache or Cache()
        self.folder = self.cache.lab(name)
        self._state_file = self.folder / "lab.json"
        self._lock_file = self.cache.folder / f".{name}.lock"

    @property
    def state(self) -> State | None:
        """What was made of it, or None if there is nothing."""
        try:
            return State.read(self._state_file.read_text())
        except (OSError, ValueError, TypeError, KeyError):
            return None

    @property
    def up(self) -> bool:
        """Whether it is there, whole."""
        state = self.state
        return state is not None and state.complete and Outer(self.folder).alive

    @property
    def product(self) -> Path:
        """The folder of tempest.conf, clouds.yaml and hosts.yaml."""
        return self.folder / "product"

    @property
    def journals(self) -> Path:
        """The folder in which runs on the lab leave the journals of what they did to its hosts."""
        return self.folder / "state"

    @property
    def secrets(self) -> Path:
        """The folder of its passwords, tokens and keys."""
        return self.folder / "secrets"

    def engine(self) -> LabEngine:
        """Return the machinery of the lab as it is.

        :raises LabError: there is none.
        """
        state = self.state
        if state is None:
            raise LabError(
                f"There is no lab {self.name!r}; make it with: migration-chaos lab up"
            )
        return LabEngine(self.plan(state.choices), self.folder)

    def plan(self, choices: Choices) -> Plan:
        """Return the plan of this lab if made by these choices."""
        return make_plan(self.name, choices, self.secrets)

    def alone(self) -> contextlib.AbstractContextManager[None]:
        """Hold the lab against another command that makes, changes or removes it.

        :raises LabError: there is one.
        """
        return self._alone()

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        (self.cache.folder / "labs").mkdir(parents=True, exist_ok=True)
        with self._lock_file.open("a+") as stream:
            try:
                fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                stream.seek(0)
                who = f" (process {number})" if (number := stream.read().strip()) else ""
                raise LabError(
                    f"Another command{who} is at work on the lab {self.name!r}: "
                    "wait for it, or end it."
                ) from error
            with contextlib.suppress(OSError):  # a full disk: then it is not said who
                os.ftruncate(stream.fileno(), 0)
                os.write(stream.fileno(), str(os.getpid()).encode())
            yield

    def make(
        self, choices: Choices, progress: Progress, defects: Sequence[Patch] = ()
    ) -> None:
        """Bring the lab up; nothing happens if it is up, made by the same choices.

        What an earlier, interrupted attempt left is removed first.

        :param defects: what shall be wrong with it.
        :raises LabError: it is up otherwise than asked for.
        :raises requirements.RequirementsError: this machine cannot carry it.
        :raises lab.core.cache.FullError: the disk was full.
        :raises lab.core.steps.StepError: a step failed; the lab stays as it is, to be looked at.
        """
        if not self.folder.exists():
            # Before so much as a lock file is written.
            requirements.check(self.cache.folder, choices)
        with self._alone():
            state = self.state
            if self.up and state:
                wanted = tuple(defect.name for defect in defects)
                if (state.choices, state.defects) != (choices, wanted):
                    raise LabError(
                        f"The lab {self.name!r} is up as {state.choices} with the defects "
                        f"{list(state.defects)}; take it down first: migration-chaos lab down"
                    )
                progress.say(f"the lab {self.name!r} is up already")
                return
            if self.folder.exists():
                progress.say("removing what an earlier attempt left")
            self._remove()
            # Not before: what was left may take up the very room that is looked for.
            requirements.check(self.cache.folder, choices)
            try:
                self._make(choices, progress, defects)
            except (OSError, StepError) as error:
                with contextlib.suppress(OSError):
                    self.cache.check_room(error)
                raise

    def _make(self, choices: Choices, progress: Progress, defects: Sequence[Patch]) -> None:
        self.folder.mkdir(mode=0o700, parents=True)
        plan = self.plan(choices)
        patches = [*remedies.without(choices.without), *defects]
        making = Making(plan, self.cache, self.folder, self.product, patches)
        self.keep(defects)
        names = tuple(defect.name for defect in defects)
        ingredients = Ingredients(choices, self.cache)
        made_of = tuple(path.name for path in ingredients.paths)
        state = State(choices, str(ingredients.rootfs), names, made_of=made_of)
        with self.cache.choosing():
            self.remember(state)
        run_steps(making.steps(), progress, self.cache.check_room)
        self.remember(dataclasses.replace(state, complete=True))

    def keep(self, defects: Iterable[Patch]) -> None:
        """Keep a copy of what these defects are: their files may change or go."""
        folder = self.folder / "defects"
        folder.mkdir(exist_ok=True)
        for defect in defects:
            fresh = folder / f".{defect.name}.new"
            fresh.write_text(defect.source)
            fresh.rename(folder / f"{defect.name}.py")

    def defects(self, state: State) -> list[Patch]:
        """Return the defects that are loaded in a state, as they were then."""
        return [read(self.folder / "defects" / f"{name}.py") for name in state.defects]

    def reset(self, progress: Progress, seconds: float = RESET_SECONDS) -> Resetting:
        """Take the lab back to how it was made; return what that removed.

        :param seconds: how long it may take.
        :raises LabError: it is not up.
        :raises lab.core.steps.StepError: a step failed.
        """
        with self._alone():
            if not self.up:
                raise LabError(
                    f"The lab {self.name!r} is not up: there is nothing to take back. "
                    "Make it with: migration-chaos lab up"
                )
            resetting = Resetting(self.engine(), self.folder, self.product, seconds)
            run_steps(resetting.steps(), progress)
        return resetting

    def remember(self, state: State) -> None:
        """Write the lab's state down."""
        fresh = self._state_file.with_suffix(".new")
        fresh.write_text(state.written)
        fresh.rename(self._state_file)

    def remove(self) -> bool:
        """End the lab and delete all of it; whether there was anything.

        :raises LabError: something could not be removed; says what.
        """
        if os.geteuid() != 0:
            raise LabError("Only root can remove a lab: run it as root.")
        with self._alone():
            return self._remove()

    def _remove(self) -> bool:
        """Remove all there is of the lab, in an order that can be broken off anywhere.

        The processes and groups are looked for even if the folder is gone.
        """
        there = self.folder.exists() or bool(cgroups.left(self.folder))
        there = Outer(self.folder).kill() or there
        processes.end(processes.orphans)
        stuck = cgroups.remove(self.folder)
        if stuck:
            raise LabError(f"These control groups are still in use: {', '.join(map(str, stuck))}.")
        try:
            if self.folder.exists():
                shutil.rmtree(self.folder)
        except OSError as error:
            raise LabError(f"The lab's folder cannot be removed: {error}.") from error
        return there
