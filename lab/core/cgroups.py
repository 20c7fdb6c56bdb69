# SPDX-License-Identifier: Apache-2.0
"""The control groups of a lab's hosts: the only thing of it that outlives its namespaces."""

import os
import time
from pathlib import Path

from lab.core.cache import digest

ROOT = Path("/sys/fs/cgroup")


def name(lab: Path) -> str:
    """Return the name of the folder that holds the groups of a lab in every hierarchy.

    :param lab: the lab's folder: another cache or container may have a lab of the same name.
    """
    root = os.stat("/")
    place = digest(str(lab), f"{root.st_dev}:{root.st_ino}")
    return f"migration-chaos-{lab.name}-{place[:6]}"


def left(lab: Path) -> list[Path]:
    """Return what there is now, in all hierarchies, of the groups of the lab in the folder."""
    called = name(lab)
    return [Path(base) / called for base, below, _ in os.walk(ROOT) if called in below]


def remove(lab: Path, deadline: float = 10) -> list[Path]:
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
