# SPDX-License-Identifier: Apache-2.0
"""``./run nightly``: the trials that take too long for every change, all or those named.

The last line says what ran: 'N passed, N failed, N skipped'.
"""

import argparse
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
        f"  {name:14} {(inspect.getdoc(module) or '').partition(chr(10))[0]}"
        for name, module in there.items()
    )
    parser = argparse.ArgumentParser(
        prog="./run nightly",
        description=f"{__doc__}\nTrials:\n{listed}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("trials", nargs="*", metavar="TRIAL")
    names = parser.parse_args().trials or list(there)
    wrong = [name for name in names if name not in there]
    if wrong:
        parser.error(f"no such trial: {', '.join(wrong)}; there are: {', '.join(there)}")
    os.chdir(TOP)
    return run_parts({name: there[name].run for name in names})


if __name__ == "__main__":
    sys.exit(main())
