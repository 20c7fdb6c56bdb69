# SPDX-License-Identifier: Apache-2.0
"""Runs a service with defects and remedies applied first. Runs inside a host of the lab.

Usage: load.py SERVICE FILE.py [FILE.py ...] -- COMMAND [ARG ...]
The service's module is imported as its own command would (Nova prepares its threads there), then
each file's ``apply()`` is called, then its main function runs.

uWSGI imports this as a module instead, with the same words in its environment: then the files are
applied once the application is loaded, and before it has a request.

What was applied, or why not, is noted in ``/run/lab/patches/SERVICE``. Standard library only.
"""

import hashlib
import importlib
import importlib.metadata
import importlib.util
import json
import os
import runpy
import sys
import traceback
from pathlib import Path
from typing import Any

RECORDS = Path("/run/lab/patches")


def apply(service: str, paths: list[str], records: Path = RECORDS) -> None:
    """Apply these files in this process, which is the service's, and note it."""
    applied: list[tuple[str, str]] = []
    note(records / service, applied)
    for number, path in enumerate(paths):
        try:
            digest = hashlib.sha256(Path(path).read_bytes()).hexdigest()
            spec = importlib.util.spec_from_file_location(f"lab_patch_{number}", path)
            assert spec and spec.loader
            module = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(module)
            module.apply()
        except BaseException as error:
            why = traceback.format_exception_only(error)[-1].strip()
            note(records / service, applied, path, why)
            raise
        applied.append((path, digest))
        print(f"applied: {path}", file=sys.stderr, flush=True)
    note(records / service, applied)


def note(record: Path, applied: list[tuple[str, str]], failed: str = "", why: str = "") -> None:
    """Write down what was applied in this process, and which file could not be."""
    record.parent.mkdir(parents=True, exist_ok=True)
    said = {"pid": os.getpid(), "applied": applied, "failed": failed, "why": why}
    fresh = record.with_name(f".{record.name}.new")
    fresh.write_text(json.dumps(said))
    fresh.rename(record)


def main() -> None:
    """Apply the files and become the command."""
    split = sys.argv.index("--")
    service, *paths = sys.argv[1:split]
    command = sys.argv[split + 1 :]
    name = os.path.basename(command[0])
    load = importlib.metadata.EntryPoint.load

    def load_changed(entry: importlib.metadata.EntryPoint) -> Any:
        found = load(entry)
        if (entry.group, entry.name) == ("console_scripts", name):
            apply(service, paths)
        return found

    importlib.metadata.EntryPoint.load = load_changed  # type: ignore[method-assign,assignment]
    sys.argv = command
    if os.path.dirname(command[0]) == os.path.dirname(sys.executable):
        # What pip made of the entry point would import the function by itself.
        (entry,) = importlib.metadata.entry_points(group="console_scripts", name=name)
        sys.exit(entry.load()())
    runpy.run_path(command[0], run_name="__main__")


def serve() -> Any:
    """Return the application that the environment names, with the files applied."""
    found = importlib.import_module(os.environ["LAB_SERVED"]).application
    apply(os.environ["LAB_SERVICE"], os.environ["LAB_PATCHES"].split())
    return found


if __name__ == "__main__":
    main()
elif "LAB_SERVED" in os.environ:
    application = serve()
