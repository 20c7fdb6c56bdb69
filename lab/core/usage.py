# SPDX-License-Identifier: Apache-2.0
"""What a running lab takes of the machine: memory and processor time of all its processes.

Reads the machine's own accounting; changes nothing. Knows nothing of what the processes are.
"""

import dataclasses
import os
from collections import defaultdict
from pathlib import Path

from lab.core import cgroups
from lab.core.outer import Outer

_TICKS = os.sysconf("SC_CLK_TCK")


@dataclasses.dataclass(frozen=True)
class Process:
    """A process of the lab, by its number on the machine.

    :param seconds: of processor time, that of ended children included.
    """

    pid: int
    parent: int
    name: str
    seconds: float


def _read(pid: int) -> Process | None:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    name = stat[stat.index("(") + 1 : stat.rindex(")")]
    fields = stat.rpartition(")")[2].split()
    return Process(pid, int(fields[1]), name, sum(map(int, fields[11:15])) / _TICKS)


def processes(outer: Outer) -> list[Process]:
    """Return every process of the lab; none if it is not up."""
    known = [_read(int(name)) for name in os.listdir("/proc") if name.isdigit()]
    children: defaultdict[int, list[Process]] = defaultdict(list)
    for process in filter(None, known):
        children[process.parent].append(process)
    found: list[Process] = []
    wanted = [started.pid for started in outer.processes[1:] if started.alive]
    while wanted:
        below = children[wanted.pop()]
        found += below
        wanted += [process.pid for process in below]
    return found


def memory(outer: Outer) -> int:
    """Return the memory of all processes, bytes: each page by how many share it (PSS)."""
    total = 0
    for process in processes(outer):
        try:
            text = Path(f"/proc/{process.pid}/smaps_rollup").read_text()
        except OSError:  # it ended, or is a thread of the kernel
            continue
        total += sum(int(line.split()[1]) for line in text.splitlines() if line[:4] == "Pss:")
    return total << 10


def processor_seconds(outer: Outer) -> float:
    """Return the processor time the lab has taken since it was made, seconds.

    What runs on hosts is accounted by their control groups, ended processes included; what runs
    beside the hosts (BMCs), by process.
    """
    accounted = cgroups.processor_seconds(outer.folder)
    members = cgroups.members(outer.folder)
    beside = (each for each in processes(outer) if each.pid not in members)
    return accounted + sum(process.seconds for process in beside)
