# SPDX-License-Identifier: Apache-2.0
"""``./run nightly``: the trials that take too long for every change, all or those named.

TRIAL:PART runs one part of a trial that has several.

The last line says what ran: 'N passed, N failed, N skipped'.
"""

import argparse
import functools
import importlib
import inspect
import os
import pkgutil
import sys
from types import ModuleType

import trials
from counting import TOP, run_parts


def known() -> dict[str, ModuleType]:
    """Return the trials there are, by the name they have on the command line."""
    names = sorted(module.name for module in pkgutil.iter_modules(trials.__path__))
    return {name.replace("_", "-"): importlib.import_module(f"trials.{name}") for name in names}


def main() -> int:
    """Run the trials asked for (all, if none is named) and return 0 if none failed."""
    there = known()
    listed = "\n".join(
        f"  {name:20} {(inspect.getdoc(module) or '').partition(chr(10))[0]}"
        for name, module in there.items()
    )
    parser = argparse.ArgumentParser(
        prog="./run nightly",
        description=f"{__doc__}\nTrials:\n{listed}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("trials", nargs="*", metavar="TRIAL")
    names = parser.parse_args().trials or list(there)
    chosen = {}
    for name in names:
        trial, _, part = name.partition(":")
        if trial not in there:
            parser.error(f"no such trial: {trial}; there are: {', '.join(there)}")
        parts = getattr(there[trial], "PARTS", ())
        if part and part not in parts:
            parser.error(f"no such part of {trial}: {part}; there are: {', '.join(parts) or '-'}")
        run = there[trial].run
        chosen[name] = functools.partial(run, part) if part else run
    os.chdir(TOP)
    return run_parts(chosen)


if __name__ == "__main__":
    sys.exit(main())
