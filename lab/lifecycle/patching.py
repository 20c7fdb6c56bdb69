# SPDX-License-Identifier: Apache-2.0
"""Defects loaded and unloaded, remedies switched on and off in a lab that is up, by name.

What is to be loaded stands in the lab's state; what is, its hosts say. Knows nothing of how a
host is changed (`lab.loading.changing`).
"""

import dataclasses
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

from lab import remedies
from lab.lifecycle.building import Lab, LabError, State
from lab.loading import changing, looking
from lab.loading.changing import Report
from lab.loading.patch import Patch, PatchError, distinct, read
from lab.model.choices import Choices
from lab.model.plan import make_plan

_READY_MADE = Path(__file__).parents[1] / "defects"


def ready_made() -> list[Patch]:
    """Return the defects that the lab brings."""
    return [read(path) for path in sorted(_READY_MADE.glob("[!_]*.py"))]


def named(words: Iterable[str]) -> list[Patch]:
    """Return the defects that a command names, each by its file, or by its name if ready-made.

    :raises PatchError: there is no such file or defect, or two have one name.
    """
    there = {defect.name: defect for defect in ready_made()}
    found = []
    for word in words:
        if word in there and not Path(word).exists():
            found.append(there[word])
        elif Path(word).suffix == ".py":
            found.append(read(Path(word)))
        else:
            names = ", ".join(there)
            raise PatchError(f"There is no defect {word!r}; name a file, or one of: {names}.")
    return distinct(found)


def check(choices: Choices, defects: Sequence[Patch]) -> None:
    """Check that defects go with a lab that is not there yet.

    :raises PatchError: one names a host or service that the lab would not have.
    """
    if defects:
        with tempfile.TemporaryDirectory() as folder:
            changing.check(make_plan("check", choices, Path(folder) / "secrets"), defects)


def load(lab: Lab, defects: Sequence[Patch], report: Report) -> None:
    """Load defects beside those that are loaded; one of the same name is replaced.

    :raises LabError: the lab is not up.
    :raises PatchError: one does not go with the lab; nothing was done.
    :raises lab.loading.changing.NotAppliedError: one fails; the lab is as before.
    """
    with lab.alone():
        state = _state(lab)
        fresh = {defect.name: defect for defect in defects}
        kept = {defect.name: defect for defect in lab.defects(state)}
        _change(lab, state, list((kept | fresh).values()), state.choices.without, report)


def unload(lab: Lab, names: Sequence[str] | None, report: Report) -> None:
    """Take defects away, or all (None); one that is not loaded now needs no more than a name.

    :raises LabError: the lab is not up, or there is no defect of such a name at all.
    """
    with lab.alone():
        state = _state(lab)
        gone = state.defects if names is None else tuple(names)
        known = {*state.defects, *(defect.name for defect in ready_made())}
        for name in gone:
            if name not in known:
                loaded = ", ".join(state.defects) or "none"
                raise LabError(f"There is no defect {name!r}; loaded are: {loaded}.")
        left = [defect for defect in lab.defects(state) if defect.name not in gone]
        _change(lab, state, left, state.choices.without, report)


def switch(lab: Lab, names: Iterable[str], on: bool, report: Report) -> None:
    """Switch remedies on or off.

    :raises LabError: the lab is not up.
    :raises PatchError: there is no such remedy.
    :raises lab.loading.changing.NotAppliedError: a service does not run so; the lab is as before.
    """
    meant = set(remedies.named(names))
    with lab.alone():
        state = _state(lab)
        off = set(state.choices.without)
        without = remedies.named(off - meant if on else off | meant)
        _change(lab, state, lab.defects(state), without, report)


def _state(lab: Lab) -> State:
    state = lab.state
    if state is None or not lab.up:
        raise LabError(f"The lab {lab.name!r} is not up; make it with: migration-chaos lab up")
    return state


def _change(
    lab: Lab, state: State, defects: Sequence[Patch], without: tuple[str, ...], report: Report
) -> None:
    wanted = [*remedies.without(without), *defects]
    former = [*remedies.without(state.choices.without), *lab.defects(state)]
    access = changing.Access(lab.engine(), lab.product, report)
    changing.replace(access, wanted, former, [*remedies.known(), *former, *wanted])
    lab.keep(defects)
    choices = dataclasses.replace(state.choices, without=without)
    names = tuple(defect.name for defect in defects)
    lab.remember(dataclasses.replace(state, choices=choices, defects=names))


def look(lab: Lab) -> list[looking.Place]:
    """Return what the hosts say of every known remedy and defect, wherever it can be loaded.

    :raises LabError: there is no such lab.
    """
    engine = lab.engine()
    state = lab.state
    defects = {defect.name: defect for defect in ready_made()}
    if state:
        defects |= {defect.name: defect for defect in lab.defects(state)}
    return looking.look(
        engine, changing.rendered(engine.plan), [*remedies.known(), *defects.values()]
    )


__all__ = ["PatchError", "check", "load", "look", "named", "ready_made", "switch", "unload"]
