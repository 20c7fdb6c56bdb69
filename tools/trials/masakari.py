# SPDX-License-Identifier: Apache-2.0
"""A lab with Masakari: a host dies, and Masakari alone evacuates its server."""

import sys

from counting import TOP, Count, cannot_carry_a_lab
from on_lab import OnLab, TrialError

WORKER = str(TOP / "tools" / "workers" / "masakari.py")


def run() -> Count:
    """Make the lab, run the worker in it, count what held."""
    if cannot_carry_a_lab():
        return Count(skipped=1)
    try:
        with OnLab("masakari", "--computes", "3", "--with", "masakari") as lab:
            done = lab.exec("--", sys.executable, WORKER)
    except TrialError as error:
        print(error)
        return Count(failed=1)
    print(done.stdout + done.stderr[-2000:], end="")
    lines = done.stdout.splitlines()
    passed = sum(line.startswith("ok ") for line in lines)
    failed = sum(line.startswith("FAILED ") for line in lines)
    return Count(passed, max(failed, int(done.returncode != 0)))
