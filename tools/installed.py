# SPDX-License-Identifier: Apache-2.0
"""What an installed suite can do, tried with the commands of the environment this runs in.

    BIN/python -I installed.py EXPECTED.json

EXPECTED.json says what must be found: ``version``, ``defects``, ``options``, ``samples``; or, with
``alone``, that there is only what ``chaos`` needs and that it is enough. Knows the standard
library only, and nothing of the checkout: it runs wherever the suite was installed.
Its last line is 'N passed, N failed'; the exit status is 1 if one failed.
"""

import importlib
import importlib.util
import json
import os
import pkgutil
import re
import subprocess
import sys
import traceback
from collections.abc import Callable, Collection, Iterable, Mapping
from pathlib import Path

BIN = Path(sys.executable).parent
SECONDS = 120

# Packages of which every module must be importable with what the suite declares; those of the
# lab that run within OpenStack's services import these.
PACKAGES = ("chaos", "migration_tests")
# What chaos must do without.
FOREIGN = ("tempest", "openstack", "stestr", "oslo_config")
# The unit tests need more than the suite does.
EXCEPT = ("tests.unit", "tests.killmatrix")


class WrongError(Exception):
    """Something is not as it must be; the message says what was found."""


def said(*command: str) -> str:
    """Run a command of the environment and return what it printed.

    :raises WrongError: it failed.
    """
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    done = subprocess.run(
        [str(BIN / command[0]), *command[1:]],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=SECONDS, env=kept,
        check=False,
    )  # fmt: skip
    if done.returncode:
        raise WrongError(f"status {done.returncode}: {(done.stdout + done.stderr)[-1500:]}")
    return done.stdout


def same(what: str, found: Iterable[str], wanted: Iterable[str]) -> None:
    """Compare two lists of names, and tell which are missing and which are too many."""
    found, wanted = set(found), set(wanted)
    if found != wanted or not found:
        missing, more = sorted(wanted - found), sorted(found - wanted)
        raise WrongError(f"{what}: missing {missing}, too many {more}")


def version(wanted: str) -> None:
    """``migration-chaos --version``."""
    same("versions", said("migration-chaos", "--version").split()[-1:], [wanted])


def certify_help() -> None:
    """``migration-chaos certify --help``."""
    text = said("migration-chaos", "certify", "--help")
    if "--tempest-conf" not in text:
        raise WrongError(f"no option --tempest-conf: {text}")


def defects(wanted: Collection[str]) -> None:
    """``migration-chaos lab defect list``."""
    words = ("lab", "defect", "list", "--format", "value", "--column", "Defect")
    same("defects", said("migration-chaos", *words).split(), wanted)


def plugin() -> None:
    """``tempest list-plugins``."""
    text = said("tempest", "list-plugins")
    if not re.search(r"\bmigration_chaos\b.*\bmigration_tests\.plugin:", text):
        raise WrongError(f"the plugin is not listed: {text}")


def options(wanted: Collection[str]) -> None:
    """``oslo-config-generator``."""
    text = said("oslo-config-generator", "--namespace", "migration_chaos")
    if "[migration_chaos]" not in text:
        raise WrongError(f"no group [migration_chaos]: {text[:500]}")
    same("options", re.findall(r"^#(\w+) =", text, re.MULTILINE), wanted)


def samples(wanted: Collection[str]) -> None:
    """The samples lie where an operator looks for them."""
    folder = BIN.parent / "etc" / "migration-chaos"
    same("samples", (path.name for path in folder.glob("*")), wanted)


def alone() -> None:
    """Only what chaos needs is there."""
    there = [name for name in FOREIGN if importlib.util.find_spec(name)]
    if there:
        raise WrongError(f"installed: {', '.join(there)}")


def modules(packages: Iterable[str]) -> None:
    """All modules can be imported, and none of them comes from elsewhere."""
    wrong = []
    for name in packages:
        package = importlib.import_module(name)
        if not str(package.__file__).startswith(sys.prefix):
            raise WrongError(f"{name} is that of {package.__file__}")
        for module in pkgutil.walk_packages(package.__path__, f"{name}."):
            if any(part in f"{module.name}." for part in EXCEPT):
                continue
            # Importing it would run it.
            if module.name.endswith(".__main__"):
                continue
            try:
                importlib.import_module(module.name)
            except Exception:
                last = traceback.format_exc().strip().splitlines()[-1]
                wrong.append(f"{module.name}: {last}")
    if wrong:
        raise WrongError("; ".join(wrong))


def main() -> int:
    """Try everything; return 0 if all is as it must be."""
    expected = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    if expected.get("alone"):
        return tried({"chaos alone": alone, "every module of chaos": lambda: modules(["chaos"])})
    checks: dict[str, Callable[[], None]] = {
        "migration-chaos --version": lambda: version(expected["version"]),
        "migration-chaos certify --help": certify_help,
        "migration-chaos lab defect list": lambda: defects(expected["defects"]),
        "tempest list-plugins": plugin,
        "oslo-config-generator": lambda: options(expected["options"]),
        "the samples": lambda: samples(expected["samples"]),
        "every module": lambda: modules(PACKAGES),
    }
    return tried(checks)


def tried(checks: Mapping[str, Callable[[], None]]) -> int:
    """Do each check and say how it ended; return 0 if all is as it must be."""
    failed = 0
    for title, check in checks.items():
        try:
            check()
        except (WrongError, OSError, subprocess.SubprocessError) as error:
            failed += 1
            print(f"WRONG: {title}: {error}", flush=True)
        else:
            print(f"as it must be: {title}", flush=True)
    print(f"{len(checks) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
