# SPDX-License-Identifier: Apache-2.0
"""A host's disk: mounted when the host starts, cut off when it stops, as by a cord that is pulled.

Run by the container engine as its hooks, inside the lab's namespaces (``python -m lab.core.disk
attach|pin|cut HOST``); standard library only. The kernel would keep what a dead host had written
and not yet synced: cutting throws that away (FS_IOC_SHUTDOWN without a flush), and the next mount
replays the file system's journal as after a power failure. A host that was shut down properly has
synced before and loses nothing.

A folder that hosts share is a file system of its own which belongs to none of them, as if a server
kept it that does not die: no host's end unmounts it, and what a dead host had written to it stays.
"""

import contextlib
import fcntl
import os
import signal
import struct
import subprocess
import sys
from pathlib import Path

from lab.core import loop

PINS = Path("/run/lab/pins")
IMAGES = Path("/lab/self/disks")
MOUNTS = Path("/lab/hosts")
SHARED = Path("/lab/shared")

# linux/fs.h: FS_IOC_SHUTDOWN, an alias of EXT4_IOC_SHUTDOWN; 2 is "no log flush".
_SHUTDOWN = 0x8004587D
_NO_LOG_FLUSH = 2


def create(name: str, mebibytes: int) -> None:
    """Make the disk called `name` (a host's is called like the host), if there is none."""
    image = IMAGES / f"{name}.img"
    if image.exists():
        return
    image.parent.mkdir(exist_ok=True)
    fresh = image.with_suffix(".new")
    with fresh.open("wb") as stream:
        stream.truncate(mebibytes << 20)
    options = "lazy_itable_init=1,lazy_journal_init=1,nodiscard"
    _run("mkfs.ext4", "-q", "-F", "-m", "0", "-J", "size=16", "-E", options, str(fresh))
    fresh.rename(image)


def attach(host: str) -> None:
    """Mount the host's disk, unless it is mounted."""
    place = MOUNTS / host
    _mount(host, place)
    (place / "upper").mkdir(exist_ok=True)


def share(name: str, folder: Path) -> None:
    """Mount the disk called `name` where hosts find the folder they share."""
    _mount(name, folder)


def _mount(name: str, place: Path) -> None:
    if place.is_mount():
        return
    place.mkdir(parents=True, exist_ok=True)
    with loop.device(IMAGES / f"{name}.img") as device:
        _run("mount", device, str(place))


def pin(host: str) -> None:
    """Keep the mounts of a starting host (its first process is LXC_PID) past its death.

    An overlay syncs its upper layer when it is unmounted, which the kernel would do the moment
    the host's last process is dead.
    """
    _unpin(host)
    # By a process that has them open: a bind mount would do it too, but kernels that number
    # namespaces per processor (6.18) refuse it at times.
    with open(f"/proc/{os.environ['LXC_PID']}/ns/mnt", "rb") as mounts:
        holder = subprocess.Popen(
            ["sleep", "infinity"],
            stdin=mounts,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    (PINS / host).write_text(str(holder.pid))


def _unpin(host: str) -> None:
    place = PINS / host
    if place.exists():
        with contextlib.suppress(ProcessLookupError):
            os.kill(int(place.read_text()), signal.SIGKILL)
        place.unlink()


def was_cut(host: str) -> bool:
    """Return whether the host's last power cut has reached its disk; so it is before its first."""
    return not (PINS / host).exists()


def cut(host: str) -> None:
    """Throw away what was not synced; nothing happens if the disk is not mounted.

    It is mounted again at once, so that a host that is off can still be looked at.
    """
    place = MOUNTS / host
    if not place.is_mount():
        return
    folder = os.open(place, os.O_RDONLY)
    try:
        fcntl.ioctl(folder, _SHUTDOWN, struct.pack("I", _NO_LOG_FLUSH))
    finally:
        os.close(folder)
    _unpin(host)
    # Lazily: a process of the host may still be dying. The disk is mounted again through another
    # loop device, and nothing reaches it through this one any more.
    _run("umount", "--lazy", str(place))
    attach(host)


def _run(*argv: str) -> None:
    subprocess.run(argv, check=True, stdin=subprocess.DEVNULL)


if __name__ == "__main__":
    PINS.mkdir(parents=True, exist_ok=True)
    with (PINS / f"{sys.argv[2]}.lock").open("w") as lock:
        # The hook of a dying host may still be at work when it is started again.
        fcntl.flock(lock, fcntl.LOCK_EX)
        {"attach": attach, "pin": pin, "cut": cut}[sys.argv[1]](sys.argv[2])
