# SPDX-License-Identifier: Apache-2.0
"""Loads defects into a host's services: reads the files, and changes how the units start.

Knows how units are written, and nothing of what a defect does.
"""

import ast
import dataclasses
from collections.abc import Iterable, Sequence
from pathlib import Path

from lab.render import File, HostFiles

_FOLDER = "/etc/lab/defects"
_LOADER = f"{_FOLDER}/load.py"


class DefectError(Exception):
    """A file is no defect; the message says what is missing."""


@dataclasses.dataclass(frozen=True)
class Defect:
    """A defect: where its file is, what it says of itself, which services it is for."""

    path: Path
    summary: str
    services: tuple[str, ...]
    source: str


def read_defect(path: Path) -> Defect:
    """Read a defect file without running it.

    :raises DefectError: it cannot be read, or lacks docstring, ``SERVICES`` or ``apply()``.
    """
    try:
        source = path.read_text()
        tree = ast.parse(source, str(path))
    except (OSError, SyntaxError) as error:
        raise DefectError(f"The defect {path} cannot be read: {error}") from error
    summary = (ast.get_docstring(tree) or "").partition("\n")[0]
    services: tuple[str, ...] = ()
    functions = set()
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            functions.add(node.name)
        elif isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "SERVICES":
            services = tuple(ast.literal_eval(node.value))
    for missing, there in (
        ("a docstring that says what it breaks", summary),
        ('SERVICES = ("nova-compute", ...)', services),
        ("a function apply()", "apply" in functions),
    ):
        if not there:
            raise DefectError(f"{path} is no defect: it lacks {missing}.")
    return Defect(path, summary, services, source)


def break_parts(parts: Sequence[HostFiles], defects: Iterable[Defect]) -> HostFiles:
    """Return the files that make a host's services start with `defects` applied.

    :param parts: what was rendered for the host.
    :raises DefectError: a service it is for is not started by a command of its own.
    """
    files: dict[str, File] = {}
    starts = {
        file.path.rpartition("/")[2].removesuffix(".service"): _start(file)
        for part in parts
        for file in part.files
        if file.path.startswith("/etc/systemd/system/") and file.path.endswith(".service")
    }
    loaded: dict[str, list[str]] = {}
    for defect in defects:
        for service in defect.services:
            if service in starts:
                loaded.setdefault(service, []).append(f"{_FOLDER}/{defect.path.name}")
                path = f"{_FOLDER}/{defect.path.name}"
                files[path] = File(path, defect.source)
    for service, paths in loaded.items():
        command = starts[service]
        if command is None or "uwsgi" in command.split()[0]:
            raise DefectError(f"{service} has no command of its own that a defect can precede.")
        path = f"/etc/systemd/system/{service}.service.d/defects.conf"
        start = f"/opt/openstack/bin/python {_LOADER} {' '.join(paths)} -- {command}"
        files[path] = File(path, f"[Service]\nExecStart=\nExecStart={start}\n")
        source = Path(__file__).with_name("defects") / "load.py"
        files[_LOADER] = File(_LOADER, source.read_text())
    return HostFiles(tuple(files.values()))


def _start(file: File) -> str | None:
    text = file.content if isinstance(file.content, str) else file.content.decode()
    for line in text.splitlines():
        if line.startswith("ExecStart="):
            return line.removeprefix("ExecStart=")
    return None
