# SPDX-License-Identifier: Apache-2.0
"""Which process started the tests, and a name for it that no other process ever has.

May not know: what the tests are.
"""

from __future__ import annotations

import os
from pathlib import Path

# Who starts workers: the program itself, or Python with its script or module.
RUNNERS = frozenset({"stestr", "tempest"})
# What a runner starts its workers through, and what may stay between the two.
SHELLS = frozenset({"sh", "dash", "bash", "ash", "busybox", "ksh", "zsh"})


def runner() -> int:
    """Return the process ID of whoever started the tests: the runner, or this process itself."""
    parent = os.getppid()
    while parent > 0:
        program, *words = _command(parent)
        if program not in SHELLS:
            return parent if RUNNERS & {program, *words} else os.getpid()
        parent = _parent(parent)
    return os.getpid()


def identity(pid: int) -> str:
    """Return a name for a process: its ID and the time it was started, in the kernel's ticks."""
    return f"{pid}-{_started(pid)}"


def lives(name: str) -> bool:
    """Return whether the process of a name is still there."""
    pid, _, started = name.partition("-")
    return pid.isdigit() and _started(int(pid)) == started != ""


def _command(pid: int) -> list[str]:
    """Return the name of a process's program, and those of its first two words."""
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return [""]
    return [Path(os.fsdecode(word)).name for word in words[:3]]


def _parent(pid: int) -> int:
    status = _status(pid)
    return int(status[1]) if status else 0


def _started(pid: int) -> str:
    status = _status(pid)
    return status[19] if status else ""


def _status(pid: int) -> list[str]:
    """Return what the kernel says of a process, from its state on; empty if there is none."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
    except OSError:
        return []
    # The name in parentheses may hold blanks; the state is the third field.
    return status.rpartition(")")[2].split()
