# SPDX-License-Identifier: Apache-2.0
"""Two labs at once: servers boot in both, and one goes on working while the other is removed."""

import os
import sys
from pathlib import Path

from counting import Count, cannot_carry_a_lab, tried

NAMES = ("nightly-two-labs", "nightly-two-labs-b")


def run() -> Count:
    """Try it with one host in each lab."""
    if cannot_carry_a_lab():
        return Count(skipped=1)
    from lab.lifecycle.building import Lab
    from lab.tests.functional.two_labs import checks

    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    count = Count()
    try:
        for title, check in checks(*NAMES):
            count += tried(title, check)
    finally:
        for name in NAMES:
            Lab(name).remove()
    print(f"{count.passed}/{count.passed + count.failed}")
    return count
