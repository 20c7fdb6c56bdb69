# SPDX-License-Identifier: Apache-2.0
"""The runner is killed at every phase of every fault, and the host comes back every time."""

import os
import re
import subprocess
import sys

from counting import Count, cannot_carry_a_lab
from on_lab import COMMAND, OnLab, TrialError

RANDOM, SEED, FAULTS = "KILLS_AT_RANDOM", "KILLS_SEED", "KILLS_FAULTS"


def run() -> Count:
    """Make a lab, and let the matrix of kills loose on one host; the other sees it cut off."""
    if cannot_carry_a_lab():
        return Count(skipped=1)
    try:
        with OnLab("kill-matrix", "--computes", "2") as lab:
            return _matrix(lab)
    except TrialError as error:
        print(error)
        return Count(failed=1)


def _matrix(lab: OnLab) -> Count:
    hosts, state = lab.product / "hosts.yaml", lab.show["journals"]
    words = [
        *(sys.executable, "-m", "chaos.tests.killmatrix", "--host", "compute1"),
        *("--hosts", str(hosts), "--state", str(state)),
        *("--random", os.environ.get(RANDOM, "10"), "--seed", os.environ.get(SEED, "1")),
    ]
    if chosen := os.environ.get(FAULTS, "").split():
        words += ["--faults", *chosen]
    # Shown as it goes: it takes minutes.
    process = subprocess.Popen(
        [COMMAND, "lab", "exec", "--name", lab.name, "--", *words],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    said = []
    for line in process.stdout:
        print(f"  {line}", end="", flush=True)
        said.append(line)
    process.wait()
    found = re.findall(r"^(?:restored|besides) (\d+)/(\d+)", "".join(said), re.M)
    if len(found) != 2:
        return Count(failed=1)
    good, every = (sum(int(row[column]) for row in found) for column in (0, 1))
    return Count(good, every - good)
