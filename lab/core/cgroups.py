# SPDX-License-Identifier: Apache-2.0
"""The control groups of a lab's hosts: the only thing of it that outlives its namespaces."""

import os
import time
from pathlib import Path

ROOT = Path("/sys/fs/cgroup")


def folder(lab: str) -> str:
    """Return the name of the folder that holds the lab's groups in every hierarchy."""
    return f"migration-chaos-{lab}"


def left(lab: str) -> list[Path]:
    """Return the lab's folders that are there now, in all hierarchies."""
    name = folder(lab)
    return [Path(base) / name for base, below, _ in os.walk(ROOT) if name in below]


def remove(lab: str, deadline: float = 10) -> list[Path]:
    """Remove the lab's groups, deepest first, as soon as their processes are buried.

    :param deadline: seconds.
    :return: what could not be removed.
    """
    end = time.monotonic() + deadline
    while True:
        remaining = left(lab)
        for top in remaining:
            for base, _below, _ in os.walk(top, topdown=False):
                try:
                    os.rmdir(base)
                except OSError:  # its last process is still dying
                    break
        remaining = left(lab)
        if not remaining or time.monotonic() > end:
            return remaining
        time.sleep(0.05)
