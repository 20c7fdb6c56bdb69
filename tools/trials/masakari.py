# SPDX-License-Identifier: Apache-2.0
"""A lab with Masakari: a host dies, and Masakari alone evacuates its server."""

import subprocess
import sys
from pathlib import Path

from counting import TOP, Count

COMMAND = str(Path(sys.executable).with_name("migration-chaos"))
NAME = ("--name", "nightly-masakari")
WORKER = str(TOP / "tools" / "workers" / "masakari.py")


def run() -> Count:
    """Make the lab, run the worker in it, count what held, end the lab."""
    try:
        up = [COMMAND, "lab", "up", *NAME, "--hosts", "3", "--with", "masakari"]
        if subprocess.run(up, check=False).returncode:
            return Count(failed=1)
        done = subprocess.run(
            [COMMAND, "lab", "exec", *NAME, "--", sys.executable, WORKER],
            stdout=subprocess.PIPE,
            text=True,
            check=False,
        )
        print(done.stdout, end="")
        lines = done.stdout.splitlines()
        passed = sum(line.startswith("ok ") for line in lines)
        failed = sum(line.startswith("FAILED ") for line in lines)
        return Count(passed, max(failed, int(done.returncode != 0)))
    finally:
        subprocess.run([COMMAND, "lab", "down", *NAME], check=False)
