# SPDX-License-Identifier: Apache-2.0
"""``./run test``: style, types, packages, unit tests, then a slice of the suite on its own lab.

The last line says what ran: 'N passed, N failed, N skipped'. A machine that cannot carry the lab
runs everything else, and the slice counts as skipped.
"""

import argparse
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from counting import COMMAND, TOP, Count, cannot_carry_a_lab, run_parts
from package import package
from suite import suite_on_a_lab

BIN = Path(sys.executable).parent
RUNS = "runs"
# One host failure, with disks that are made anew and volumes; one move from a host that lives.
SLICE = r"\.(EvacuateEphemeral|LiveMigrateShared)\."


def one(*command: str) -> Count:
    """Run a command that is one check."""
    status = subprocess.run(command, check=False).returncode
    return Count(failed=1) if status else Count(passed=1)


def style() -> Count:
    """Check the style of all Python files, and their formatting of imports."""
    return one(str(BIN / "ruff"), "check", ".")


def types() -> Count:
    """Check the types of public signatures and what follows from them."""
    return one(str(BIN / "mypy"))


def build() -> Count:
    """Build the lab's root file system, and lend the tests its tools."""
    if cannot_carry_a_lab():
        return Count()
    folder = TOP / ".venv" / "lab-tools"
    command = [COMMAND, "lab", "build", "--only-rootfs", "--tools", str(folder)]
    if subprocess.run(command, stdout=subprocess.DEVNULL, check=False).returncode:
        return Count(failed=1)
    os.environ["PATH"] = os.pathsep.join([str(folder), os.environ["PATH"]])
    return Count()


def unit() -> Count:
    """Run the unit tests; without root, the few that need it are skipped."""
    stestr = str(BIN / "stestr")
    # They wait for real peers more than they compute.
    workers = str(2 * (os.cpu_count() or 1))
    command = [stestr, "run", "--concurrency", workers, r"tests\.unit"]
    done = subprocess.run(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    found = {
        word.lower(): int(number)
        for word, number in re.findall(r"^ - (Passed|Skipped|Failed): (\d+)$", done.stdout, re.M)
    }
    if done.returncode or not found.get("passed"):
        print(done.stdout)
    if not found:
        return Count(failed=1)
    failed = max(found.get("failed", 0), bool(done.returncode))
    return Count(found.get("passed", 0), failed, found.get("skipped", 0))


def hosts() -> Count:
    """Boot hosts of a lab without a cloud; try power, harm and its end, defects, labs' ends."""
    if cannot_carry_a_lab():
        return Count(skipped=1)
    names = ("hosts", "power", "faults", "own_undo", "without_bmc", "chaos_alone", "patches")
    names = (*names, "ending")
    modules = [f"lab.tests.functional.test_{name}" for name in names]
    command = [sys.executable, "-m", "unittest", *modules]
    done = subprocess.run(command, stderr=subprocess.PIPE, text=True, check=False)
    ran = sum(int(number) for number in re.findall(r"^Ran (\d+) tests?", done.stderr, re.M))
    ended = {
        word: int(number)
        for word, number in re.findall(r"(failures|errors|skipped)=(\d+)", done.stderr)
    }
    failed = ended.get("failures", 0) + ended.get("errors", 0)
    skipped = ended.get("skipped", 0)
    if done.returncode:
        print(done.stderr)
        failed = max(failed, 1)
    return Count(max(ran - failed - skipped, 0), failed, skipped)


def slice_on_a_lab() -> Count:
    """Build a lab, run the suite's slice on it, and count its verdicts."""
    print(f"The slice of the suite: {SLICE}; ./run certify runs all of it.", flush=True)
    return suite_on_a_lab("ci", RUNS, "--", "--regex", SLICE)


PARTS: dict[str, Callable[[], Count]] = {
    "style": style,
    "types": types,
    "package": package,
    "build": build,
    "unit": unit,
    "hosts": hosts,
    "slice": slice_on_a_lab,
}


def main() -> int:
    """Run the parts asked for (all, if none is named) and return 0 if none failed."""
    parser = argparse.ArgumentParser(prog="./run test", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of: {', '.join(PARTS)}")
    names = parser.parse_args().parts or list(PARTS)
    wrong = [name for name in names if name not in PARTS]
    if wrong:
        parser.error(f"no such part: {', '.join(wrong)}; there are: {', '.join(PARTS)}")
    os.chdir(TOP)
    return run_parts({name: PARTS[name] for name in names})


if __name__ == "__main__":
    sys.exit(main())
