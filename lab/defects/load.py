# SPDX-License-Identifier: Apache-2.0
"""Runs a service's console command with defects applied first. Runs inside a host of the lab.

Usage: load.py DEFECT.py [DEFECT.py ...] -- COMMAND [ARG ...]
The service's module is imported as its own command would (Nova prepares its threads there), then
each defect is applied, then its main function runs. Standard library only.
"""

import importlib.metadata
import importlib.util
import os
import runpy
import sys
from typing import Any


def apply(paths: list[str]) -> None:
    """Apply the defects in these files."""
    for number, path in enumerate(paths):
        spec = importlib.util.spec_from_file_location(f"lab_defect_{number}", path)
        assert spec and spec.loader
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        module.apply()
        print(f"defect applied: {path}", file=sys.stderr, flush=True)


def main() -> None:
    """Apply the defects and become the command."""
    split = sys.argv.index("--")
    defects, command = sys.argv[1:split], sys.argv[split + 1 :]
    name = os.path.basename(command[0])
    load = importlib.metadata.EntryPoint.load

    def load_broken(entry: importlib.metadata.EntryPoint) -> Any:
        found = load(entry)
        if (entry.group, entry.name) == ("console_scripts", name):
            apply(defects)
        return found

    importlib.metadata.EntryPoint.load = load_broken  # type: ignore[method-assign,assignment]
    sys.argv = command
    if os.path.dirname(command[0]) == os.path.dirname(sys.executable):
        # What pip made of the entry point would import the function by itself.
        (entry,) = importlib.metadata.entry_points(group="console_scripts", name=name)
        sys.exit(entry.load()())
    runpy.run_path(command[0], run_name="__main__")


if __name__ == "__main__":
    main()
