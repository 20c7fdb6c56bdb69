# SPDX-License-Identifier: Apache-2.0
"""Each ready-made defect, loaded into a whole lab, fails exactly the judges that it names.

One lab: a defect is loaded, the story of the local disks is told and judged, the defect is
unloaded; first of all without any, when nothing may fail. A judge that says *unknown* does not
fail, and is shown. DEFECTS in the environment names those to try (default: all), with blanks
between; ``one+other`` are loaded together, ``none`` is the run without any.
"""

import configparser
import json
import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

import labs
from counting import COMMAND, TOP, Count, cannot_carry_a_lab

LAB = "nightly-defects"
RUNS = TOP / "runs" / LAB
STORY = "EphemeralStorage"
HEALTHY = "none"

# A server that nobody can reach, and an evacuation that never ends, need not be waited for as long
# as on a machine where anything may be slow. What a busy machine does to a bystander is no defect.
LIMITS = {"server_boot_timeout": "180", "evacuation_timeout": "240", "bystander_max_gap": "10"}


def lab(*words: str) -> bool:
    """Run a command of the lab and say whether it went well."""
    noun, *rest = words
    verbs = [rest.pop(0)] if noun in ("defect", "fault") else []
    command = [COMMAND, "lab", noun, *verbs, "--name", LAB, *rest]
    return subprocess.run(command, check=False, cwd=TOP).returncode == 0


def split(name: str) -> list[str]:
    """Return the defects that are to be loaded together."""
    return [] if name == HEALTHY else name.split("+")


def verdicts(name: str) -> list[dict[str, str]]:
    """Tell the story and return what the judges say; nothing if it could not be told."""
    runs = RUNS / name
    words = ["--tempest-conf", str(tempest_conf()), "--runs", str(runs), "--regex", STORY]
    for each in split(name):
        words += ["--defect", each]
    lab("exec", "--", COMMAND, "certify", *words)
    try:
        return json.loads((runs / "latest" / "verdicts.json").read_text())["verdicts"]
    except (OSError, ValueError, KeyError) as error:
        print(f"{name}: no verdicts: {error}")
        return []


def tempest_conf() -> Path:
    """Return a copy of the lab's tempest.conf that waits less long."""
    conf = configparser.ConfigParser(interpolation=None)
    conf.read(Path(labs.show(LAB)["product"]) / "tempest.conf")
    conf["migration_chaos"].update(LIMITS)
    RUNS.mkdir(parents=True, exist_ok=True)
    path = RUNS / "tempest.conf"
    path.touch(mode=0o600)
    with path.open("w") as stream:
        conf.write(stream)
    return path


def judges_that(found: Sequence[dict[str, str]], outcome: str) -> set[str]:
    """Return the judges with such an outcome."""
    return {verdict["judge"] for verdict in found if verdict["outcome"] == outcome}


def as_expected(name: str, found: Sequence[dict[str, str]], expected: set[str]) -> bool:
    """Whether exactly the expected judges fail; says so in one line."""
    failed, unknown = judges_that(found, "fail"), judges_that(found, "unknown")
    right = bool(found) and failed == expected
    told = f"{name}: {', '.join(sorted(failed)) or 'no judge'} failed"
    if not right:
        told += f", expected was {', '.join(sorted(expected)) or 'none'}"
    if unknown:
        told += f" (unknown: {', '.join(sorted(unknown))})"
    print(("as it must be: " if right else "WRONG: ") + told, flush=True)
    for verdict in found:
        if verdict["outcome"] == "fail":
            print(f"    {verdict['judge']}, {verdict['storage']}: {verdict['reason']}")
    return right


def run() -> Count:
    """Try them all on one lab."""
    if cannot_carry_a_lab():
        return Count(skipped=1)
    judges = {name: set(row["Judges"]) for name, row in labs.defects().items()}
    chosen = os.environ.get("DEFECTS", "").split() or [HEALTHY, *judges]
    wrong = [each for name in chosen for each in split(name) if each not in judges]
    if wrong:
        print(f"There is no defect {wrong[0]!r}; there are: {', '.join(judges)}.")
        return Count(failed=1)
    os.environ["PATH"] = os.pathsep.join([str(Path(COMMAND).parent), os.environ["PATH"]])
    count = Count()
    try:
        if not lab("up"):
            return Count(failed=len(chosen))
        for name in chosen:
            expected = set().union(*(judges[each] for each in split(name)))
            count += Count(passed=1) if tried(name, expected) else Count(failed=1)
    finally:
        lab("down")
    return count


def tried(name: str, expected: set[str]) -> bool:
    """Load defects into a whole lab, look what fails, and make the lab whole again."""
    names = split(name)
    if names and not lab("defect", "load", *names):
        return False
    right = as_expected(name, verdicts(name), expected)
    whole = not names or lab("defect", "unload", *names)
    # What a defect switched on in the lab outlives it.
    return lab("fault", "clear", "--all") and whole and right
