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
    """Remove the lab's groups, deepest first, as soon as their processes are gone.

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


def processor_seconds(lab: Path) -> float:
    """Return the processor time of all processes that are or were in the lab's groups, seconds.

    Both versions of control groups have it, each in its own way.
    """
    for top in left(lab):
        usage, stat = top / "cpuacct.usage", top / "cpu.stat"
        if usage.exists():
            return int(usage.read_text()) / 1e9
        if stat.exists():
            lines = dict(line.split() for line in stat.read_text().splitlines())
            if "usage_usec" in lines:
                return int(lines["usage_usec"]) / 1e6
    return 0.0


def members(lab: Path) -> set[int]:
    """Return the numbers of all processes in the lab's groups."""
    found: set[int] = set()
    for top in left(lab):
        for procs in top.rglob("cgroup.procs"):
            found.update(map(int, procs.read_text().split()))
    return found
