# SPDX-License-Identifier: Apache-2.0
"""Fills a host's disk, and takes the filling out. Runs in the lab's namespaces.

``python -m lab.faults.filler fill HOST LEAVE_BYTES | clear HOST | found HOST...``; standard
library only. The room is taken without writing it, so it costs the machine none.
"""

import errno
import os
import sys
from pathlib import Path

MOUNTS = Path("/lab/hosts")
SMALLEST = 4096


def place(host: str) -> Path:
    """Return where the filling lies: on the host's disk, but not in what the host sees of it."""
    return MOUNTS / host / "filling"


def fill(host: str, leave: int) -> str:
    """Take all room but `leave` bytes; print how large the filling is then."""
    path = place(host)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        free = _free(path) - leave
        if free <= 0:
            _drop_if_empty(path)
            return f"{host} has {_free(path) >> 20} MiB free, which is no more than to be left."
        chunk = free
        while chunk >= SMALLEST and _free(path) > leave:
            try:
                os.posix_fallocate(descriptor, os.fstat(descriptor).st_size, chunk)
            except OSError as error:
                if error.errno != errno.ENOSPC:
                    raise
                # Keeping account of the room takes room itself.
                chunk //= 2
            chunk = min(chunk, max(_free(path) - leave, 0))
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    _sync_folder(path)
    print(path.stat().st_size)
    return ""


def _free(path: Path) -> int:
    room = os.statvfs(path)
    return room.f_bavail * room.f_frsize


def _drop_if_empty(path: Path) -> None:
    if not path.stat().st_size:
        path.unlink()


def _sync_folder(path: Path) -> None:
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def clear(host: str) -> str:
    """Remove the filling; nothing happens without one."""
    path = place(host)
    path.unlink(missing_ok=True)
    _sync_folder(path)
    return ""


def found(*hosts: str) -> str:
    """Print a line for each of `hosts` whose disk carries filling: its name and how many bytes."""
    for host in hosts:
        path = place(host)
        if path.exists():
            print(host, path.stat().st_size)
    return ""


def main() -> int:
    """Do what the command line says."""
    action, *words = sys.argv[1:]
    if action == "fill":
        refusal = fill(words[0], int(words[1]))
    elif action == "clear":
        refusal = clear(words[0])
    else:
        refusal = found(*words)
    print(refusal, file=sys.stderr, end="")
    return 1 if refusal else 0


if __name__ == "__main__":
    sys.exit(main())
