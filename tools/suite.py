# SPDX-License-Identifier: Apache-2.0
"""The suite on a lab of its own, and how many of its verdicts are what."""

import json
import subprocess
import sys
import time
from pathlib import Path

from counting import TOP, Count, cannot_carry_a_lab


def suite_on_a_lab(name: str, runs: str, *options: str) -> Count:
    """Build a lab, run the suite on it, take it down, and count the verdicts.

    :param name: of the lab.
    :param runs: where the run folder shall lie.
    :param options: further ones of ``./run certify``.
    """
    if cannot_carry_a_lab():
        return Count(skipped=1)
    began = time.time()
    command = [sys.executable, str(TOP / "tools" / "certify.py"), "--name", name, "--runs", runs]
    status = subprocess.run([*command, *options], check=False).returncode
    count = verdicts(TOP / runs, began)
    if status and not count.failed:
        print(f"The suite ended with status {status} though no verdict failed.")
        count += Count(failed=1)
    return count


def verdicts(runs: Path, began: float) -> Count:
    """Count the verdicts of the latest run in a folder; there must be one since `began`."""
    latest = runs / "latest" / "verdicts.json"
    if not latest.exists() or latest.stat().st_mtime < began:
        print("The suite wrote no verdicts.")
        return Count(failed=1)
    outcomes = [verdict["outcome"] for verdict in json.loads(latest.read_text())["verdicts"]]
    return Count(
        outcomes.count("pass"),
        outcomes.count("fail") + outcomes.count("unknown"),
        outcomes.count("skip"),
    )
