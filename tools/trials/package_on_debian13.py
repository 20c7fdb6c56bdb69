# SPDX-License-Identifier: Apache-2.0
"""The wheel on another Python: a Debian 13 made for it, whose python3.13 installs and runs it.

What is tried there is what the part 'package' of ``./run test`` tries here. Knows no more of that
machine than that files can be given to it and a command be run there.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import package
from counting import COMMAND, TOP, Count, cannot_carry_a_lab

PYTHON = "/root/installed/bin/python"
INSTALLED = "the wheel is installed by python3.13"

# $GIVEN the folder of what was given, $0 the wheel's name, $1 that of the constraints.
_THERE = f"""
apt-get update -qq
DEBIAN_FRONTEND=noninteractive apt-get install -qqy --no-install-recommends python3-venv
cd /root
python3.13 -m venv /root/installed
{PYTHON} -m pip install --quiet --disable-pip-version-check -c "$GIVEN/$1" "$GIVEN/$0"
echo '{INSTALLED}'
{PYTHON} -I "$GIVEN/{package.INSTALLED.name}" "$GIVEN/expected.json" || true
"""


def run() -> Count:
    """Make the machine, install there, and count what is as it must be."""
    if cannot_carry_a_lab():
        return Count(skipped=1)
    with package.scratch() as folder:
        wheel = package.wheel(folder / "clone")
        expected = folder / "expected.json"
        found = package.expectation(folder / "clone", wheel)
        expected.write_text(json.dumps(found), encoding="utf-8")
        given = (wheel, package.CONSTRAINTS, package.INSTALLED, expected)
        done = subprocess.run(
            [
                *(sys.executable, "-m", "lab.tests.functional.debian13", *map(str, given)),
                *("--", "sh", "-ec", _THERE, wheel.name, package.CONSTRAINTS.name),
            ],
            cwd=TOP,
            env={**os.environ, "PATH": f"{Path(COMMAND).parent}{os.pathsep}{os.environ['PATH']}"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
    _, there, output = done.stdout.partition(f"{INSTALLED}\n")
    if not there:
        print(f"WRONG: {INSTALLED}: {(done.stdout + done.stderr)[-2500:]}", flush=True)
        return Count(failed=1)
    print(f"as it must be: {INSTALLED}", flush=True)
    return Count(passed=1) + package.counted(output)
