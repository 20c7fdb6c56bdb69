# SPDX-License-Identifier: Apache-2.0
"""Runs a service's console command with defects applied first. Runs inside a host of the lab.

Usage: load.py DEFECT.py [DEFECT.py ...] -- COMMAND [ARG ...]
The command's module is imported as its own script would (Nova prepares its threads there), then
each defect is applied, then the command's main function runs. Standard library only.
"""

import importlib.metadata
import importlib.util
import os
import sys


def main() -> None:
    """Apply the defects and become the command."""
    split = sys.argv.index("--")
    defects, command = sys.argv[1:split], sys.argv[split + 1 :]
    name = os.path.basename(command[0])
    (entry,) = importlib.metadata.entry_points(group="console_scripts", name=name)
    service_main = entry.load()
    for number, path in enumerate(defects):
        spec = importlib.util.spec_from_file_location(f"lab_defect_{number}", path)
        assert spec and spec.loader
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        module.apply()
        print(f"defect applied: {path}", file=sys.stderr, flush=True)
    sys.argv = command
    sys.exit(service_main())


if __name__ == "__main__":
    main()
