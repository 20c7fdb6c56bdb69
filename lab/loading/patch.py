# SPDX-License-Identifier: Apache-2.0
"""What is changed in the lab's services and not in what is installed: defects and remedies.

Both are Python files with a docstring, ``SERVICES`` and ``apply()``, which is called inside each
such service. Either can also be a unit of its own. Here such a file is read, without being run;
how services start with it is `starting`, how a running lab is changed `changing`, what is really
loaded `looking`. Knows nothing of what any of them does.
"""

import ast
import dataclasses
import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

FOLDER = "/etc/lab/patches"
DEFECT, REMEDY = "defect", "remedy"

_SHAPES = {
    "SERVICES": 'SERVICES = ("nova-compute", ...)',
    "HOSTS": 'HOSTS = ("compute1", ...)',
    "JUDGES": 'JUDGES = ("port_bound", ...)',
    "STORAGES": 'STORAGES = ("volume", ...)',
    "SCENARIOS": 'SCENARIOS = ("live_migrate_shared", ...)',
    "HIDES": 'HIDES = ("source_without_disk", ...)',
}

ANY = "any"
STORAGES = ("volume", "shared", "ephemeral", ANY)


class PatchError(Exception):
    """A file is no defect or remedy, or does not go with the lab; the message says why."""


@dataclasses.dataclass(frozen=True)
class Patch:
    """A defect or a remedy.

    :param name: of its file, without the ending.
    :param summary: the first line of its docstring.
    :param source: the text of its file.
    :param services: units, without their ending, whose processes it is applied in.
    :param hosts: where; empty for every host that has the service.
    :param judges: of the suite that must fail with it, and no other.
    :param storages: which servers show it, by where their disks are; ``any`` for all.
    :param scenarios: of the suite, the smallest that show it; empty for any evacuation.
    :param stops: the scenario cannot go on with it, so that what comes later is not judged.
    :param hides: judges that have nothing to say while it is loaded.
    :param unit: it is no change of a service but a unit of its own, which is called so.
    :param script: what that unit runs.
    :param role: which hosts run the unit.
    """

    name: str
    kind: str
    summary: str
    source: str
    services: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    judges: tuple[str, ...] = ()
    storages: tuple[str, ...] = (ANY,)
    scenarios: tuple[str, ...] = ()
    stops: bool = False
    hides: tuple[str, ...] = ()
    unit: str = ""
    script: str = ""
    role: str = ""

    @property
    def path(self) -> str:
        """Where its file lies on a host."""
        return f"{FOLDER}/{self.kind}/{self.name}.py"

    @property
    def digest(self) -> str:
        """What identifies its content, whatever its name."""
        return hashlib.sha256(self.source.encode()).hexdigest()

    @property
    def mark(self) -> tuple[str, str]:
        """Path and digest, as a service's process notes what was applied in it."""
        return self.path, self.digest


def read(path: Path, kind: str = DEFECT) -> Patch:
    """Read a defect's or a remedy's file without running it.

    :raises PatchError: it cannot be read, or lacks docstring, ``SERVICES`` or ``apply()``.
    """
    try:
        source = path.read_text()
        tree = ast.parse(source, str(path))
    except (OSError, SyntaxError, ValueError) as error:
        raise PatchError(f"The {kind} {path} cannot be read: {error}") from error
    summary = (ast.get_docstring(tree) or "").partition("\n")[0]
    values = {
        ast.unparse(node.targets[0]): node.value
        for node in tree.body
        if isinstance(node, ast.Assign)
    }
    functions = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    lists = {word: _names(path, values, word) for word in _SHAPES}
    texts = {word: _constant(values.get(word), "") for word in ("UNIT", "SCRIPT", "ROLE")}
    needed: list[tuple[str, Any]] = [("a docstring that says what it does", summary)]
    if not texts["UNIT"]:
        needed += [(_SHAPES["SERVICES"], lists["SERVICES"])]
        needed += [("a function apply()", "apply" in functions)]
    for missing, there in needed:
        if not there:
            raise PatchError(f"{path} is no {kind}: it lacks {missing}.")
    for storage in lists["STORAGES"]:
        if storage not in STORAGES:
            known = ", ".join(STORAGES)
            raise PatchError(f"{path} names among its STORAGES {storage!r}; there are: {known}.")
    stops = _constant(values.get("STOPS"), False)
    if not isinstance(stops, bool):
        raise PatchError(f"{path} names its STOPS in another way than STOPS = True")
    return Patch(
        path.stem,
        kind,
        summary,
        source,
        services=lists["SERVICES"],
        hosts=lists["HOSTS"],
        judges=lists["JUDGES"],
        storages=lists["STORAGES"] or (ANY,),
        scenarios=lists["SCENARIOS"],
        stops=stops,
        hides=lists["HIDES"],
        unit=texts["UNIT"],
        script=texts["SCRIPT"],
        role=texts["ROLE"],
    )


def _constant(node: ast.expr | None, otherwise: Any) -> Any:
    return otherwise if node is None else ast.literal_eval(node)


def _names(path: Path, values: dict[str, ast.expr], word: str) -> tuple[str, ...]:
    try:
        found = _constant(values.get(word), ())
    except ValueError:
        found = None
    if not isinstance(found, tuple | list) or not all(isinstance(name, str) for name in found):
        raise PatchError(f"{path} names its {word} in another way than {_SHAPES[word]}")
    return tuple(found)


def distinct(patches: Iterable[Patch]) -> list[Patch]:
    """Return these, each once.

    :raises PatchError: two have one name.
    """
    found: dict[str, Patch] = {}
    for patch in patches:
        if found.get(patch.name, patch) != patch:
            raise PatchError(f"Two defects are called {patch.name}; rename one of the files.")
        found[patch.name] = patch
    return list(found.values())
