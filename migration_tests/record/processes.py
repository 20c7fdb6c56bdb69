# SPDX-License-Identifier: Apache-2.0
"""Which process started the tests, and a name for it that no other process ever has.

May not know: what the tests are.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

# A worker's parent is the runner if it is one of these; else the tests were started by hand.
RUNNERS = ("stestr", "tempest")


def runner() -> int:
    """Return the process ID of whoever started the tests: this worker's parent, or itself."""
    parent = os.getppid()
    with contextlib.suppress(OSError):
        words = Path(f"/proc/{parent}/cmdline").read_bytes().split(b"\0")
        names = {Path(os.fsdecode(word)).name for word in words[:2]}
        if names & set(RUNNERS):
            return parent
    return os.getpid()


def identity(pid: int) -> str:
    """Return a name for a process: its ID and the time it was started, in the kernel's ticks."""
    return f"{pid}-{_started(pid)}"


def lives(name: str) -> bool:
    """Return whether the process of a name is still there."""
    pid, _, started = name.partition("-")
    return pid.isdigit() and _started(int(pid)) == started != ""


def _started(pid: int) -> str:
    try:
        status = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
    except OSError:
        return ""
    # The name in parentheses may hold blanks; the 22nd field is the start.
    return status.rpartition(")")[2].split()[19]
