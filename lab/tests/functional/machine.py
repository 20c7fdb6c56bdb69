# SPDX-License-Identifier: Apache-2.0
"""What a lab leaves on the machine: every process, mount, namespace, group, device, link and file.

Whoever makes a `Machine` becomes the parent of all that its own processes leave behind, so
that nothing of theirs is missed and nothing of others, which may have labs of their own, is meant.
"""

import contextlib
import ctypes
import fcntl
import os
import socket
import struct
import threading
import time
from pathlib import Path

from lab.core import cgroups
from lab.core.processes import running

_SET_CHILD_SUBREAPER = 36
_LOOP_GET_STATUS64 = 0x4C05
_LOOP_STATUS_BYTES = 232

PLACES = ("/etc", "/run", "/run/netns", "/run/lock", "/var/lib", "/var/lib/lxc", "/dev/shm")


def descendants(of: int) -> set[int]:
    """Return the numbers of all living processes below a process."""
    parents = {}
    for process in running():
        with contextlib.suppress(OSError):
            parents[process.pid] = int(_stat(process.pid)[1])
    found, fresh = set(), {of}
    while fresh:
        fresh = {pid for pid, parent in parents.items() if parent in fresh} - found
        found |= fresh
    return found


def loop_files() -> dict[str, tuple[int, int]]:
    """Return the loop devices of deleted files, with device and number of the file behind each."""
    found = {}
    for path in Path("/sys/block").glob("loop*/loop"):
        name = path.parent.name
        with contextlib.suppress(OSError), open(f"/dev/{name}", "rb") as stream:
            # A number may have been given to another file since.
            if "(deleted)" not in (path / "backing_file").read_text():
                continue
            status = fcntl.ioctl(stream, _LOOP_GET_STATUS64, bytes(_LOOP_STATUS_BYTES))
            found[name] = struct.unpack_from("=QQ", status)
    return found


def _names() -> set[str]:
    return {f"{place}/{name}" for place in PLACES if os.path.isdir(place)
            for name in os.listdir(place)}  # fmt: skip


def reap() -> None:
    """Reap, for ever, the processes of namespaces below this one that this process has inherited.

    The first process of such a namespace does not end before that: a machine's own first process
    does it too. Those that this process started itself are in no such namespace.
    """
    own = str(os.getpid())
    while True:
        time.sleep(0.05)
        for entry in os.listdir("/proc"):
            with contextlib.suppress(OSError, IndexError):
                state, parent = _stat(int(entry))[:2] if entry.isdigit() else ("", "")
                if state != "Z" or parent != own:
                    continue
                status = Path(f"/proc/{entry}/status").read_text()
                if len(status.partition("\nNSpid:")[2].partition("\n")[0].split()) > 1:
                    os.waitpid(int(entry), os.WNOHANG)


def _stat(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()


class Machine:
    """This machine, as it is before there is a lab in `folder`.

    :param cache: the folder of everything the lab may write.
    """

    def __init__(self, cache: Path, folder: Path):
        ctypes.CDLL(None).prctl(_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
        threading.Thread(target=reap, daemon=True).start()
        self._cache, self._folder = cache, folder
        self._others = descendants(os.getpid())
        self._links = {name for _number, name in socket.if_nameindex()}
        self._names = _names()
        self._mounts = set(Path("/proc/self/mountinfo").read_text().splitlines())
        self._images: set[tuple[int, int]] = set()

    def look(self) -> set[int]:
        """Note what must be gone later; return the processes there are now."""
        found = self.processes()
        for image in self._folder.glob("disks/*"):
            with contextlib.suppress(OSError):
                stat = image.stat()
                self._images.add((stat.st_dev, stat.st_ino))
        return found

    def spare(self, pid: int) -> None:
        """Count a process as none of the lab's."""
        self._others.add(pid)

    def processes(self) -> set[int]:
        """Return the numbers of the processes that came from this one since."""
        return descendants(os.getpid()) - self._others

    def left(self) -> list[str]:
        """Say what is left of the lab now."""
        found = []
        for pid in self.processes():
            with contextlib.suppress(OSError):
                words = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ")
                found.append(f"process {pid} {words.decode(errors='replace')[:100]}")
        # A namespace lives as long as a process or a mount of it does. Its number is given away
        # again at once and says nothing on a machine that has others.
        mounts = set(Path("/proc/self/mountinfo").read_text().splitlines())
        found += [f"mount {line}" for line in mounts if f"{self._cache}/" in line]
        found += [f"namespace {line}" for line in mounts - self._mounts if " - nsfs " in line]
        found += [f"group {path}" for path in cgroups.left(self._folder)]
        found += [
            f"loop device {name}" for name, file in loop_files().items() if file in self._images
        ]
        links = {name for _number, name in socket.if_nameindex()} - self._links
        found += [f"link {name}" for name in links]
        found += [f"file {name}" for name in _names() - self._names]
        if self._folder.exists():
            found.append(f"folder {self._folder}")
        return found

    def left_at_last(self, seconds: float = 2) -> list[str]:
        """Say what is left once the kernel had time to remove what was killed."""
        end = time.monotonic() + seconds
        while (found := self.left()) and time.monotonic() < end:
            time.sleep(0.05)
        return found
