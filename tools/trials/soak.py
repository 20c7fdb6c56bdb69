# SPDX-License-Identifier: Apache-2.0
"""The lab does not wear out: evacuations and live migrations in a row, and nothing grows.

SOAK in the environment holds options of ``migration-chaos lab soak`` (default: none, which is 20
evacuations and 50 live migrations of each kind); ``--live 2 --evacuations 1 --servers 1`` is a
short one.
"""

import os
import shlex
import subprocess

from counting import COMMAND, TOP, Count, cannot_carry_a_lab

LAB = "nightly-soak"


def lab(*words: str) -> bool:
    """Run a command of the lab and say whether it went well."""
    command = [COMMAND, "lab", words[0], "--name", LAB, *words[1:]]
    return subprocess.run(command, check=False, cwd=TOP).returncode == 0


def run() -> Count:
    """Make a lab, soak it, remove it."""
    if cannot_carry_a_lab():
        return Count(skipped=1)
    try:
        well = lab("up") and lab("soak", *shlex.split(os.environ.get("SOAK", "")))
    finally:
        gone = lab("down")
    return Count(passed=well + gone, failed=(not well) + (not gone))
