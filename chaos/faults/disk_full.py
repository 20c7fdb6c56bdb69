# SPDX-License-Identifier: Apache-2.0
"""Fault: a disk of a host is full, by a file of our own, but for a few bytes that are stated.

Full for everybody, root too. The root file system is left alone unless it is asked for, and so is
what other hosts share, and memory.
"""

import shlex
from collections.abc import Sequence
from typing import Any

from chaos.deadline import Deadline
from chaos.faults.timed import TimedFault
from chaos.inventory import Host
from chaos.recovery import free_disk
from chaos.witnesses.free_space import ROOM_BYTES, FreeSpaceWitness, read_space
from chaos.witnesses.room_to_write import RoomToWriteWitness

FOLDER = "/var/lib/nova/instances"
LEAVE_BYTES = 1 << 20
MOST_LEFT = 1 << 30

_MEMORY = frozenset({"tmpfs", "ramfs"})
_SHARED = frozenset(
    {
        *("nfs", "nfs4", "cifs", "smb", "smb2", "ceph", "lustre", "gpfs", "panfs", "afs", "v9fs"),
        *("gfs/gfs2", "ocfs2", "fuse", "fuseblk", "k-afs", "virtiofs"),
    }
)

# The space is claimed at once where the file system can do that, and written where it cannot.
_FILL = r"""
file=%(file)s folder=%(folder)s leave=%(leave)d
umask 077
free() { echo $(( $(stat --file-system --format '%%f * %%S' -- "$folder") - leave )); }
for slack in 0 65536 1048576 16777216 134217728; do
    : > "$file" || exit 1
    size=$(( $(free) - slack ))
    [ $size -gt 0 ] || break
    fallocate --length $size -- "$file" 2>/dev/null && break
done
size=$(free)
# Where more is counted as free than can be written, all is gone now: what is to be left goes back.
[ $size -le 0 ] || head -c $size /dev/zero >> "$file" 2>/dev/null ||
    truncate --size=-$leave -- "$file"
sync "$file"
true
"""


class DiskFull(TimedFault):
    """Fill the file system of a folder of one host.

    :param path: the folder
    :param leave: bytes that are left
    :param root_too: whether the root file system may be filled
    :param more: as :class:`chaos.faults.timed.TimedFault` takes them
    """

    kind = "disk_full"
    recovery = "free_disk"

    def __init__(
        self,
        host: Host,
        path: str = FOLDER,
        *,
        leave: int = LEAVE_BYTES,
        root_too: bool = False,
        **more: Any,
    ) -> None:
        super().__init__(host, **more)
        self.path = path
        self.leave = leave
        self.root_too = root_too
        self._room = RoomToWriteWitness(self.shell, path, self.token, leave)

    @property
    def driver(self) -> str:
        """What injects it."""
        return "fallocate"

    @property
    def _file(self) -> str:
        return free_disk.file_of(self.path, self.token)

    def _check_options(self) -> list[str]:
        if not self.path.startswith("/"):
            return [f"{self.path!r} is no folder of a host: give its whole path."]
        if not 0 <= self.leave <= MOST_LEFT:
            return [f"{self.leave} bytes left are no full disk: choose 0 to {MOST_LEFT}."]
        return []

    def _prepare(self, deadline: Deadline) -> list[str]:
        name = self.host.name
        if self.shell.run(["test", "-d", self.path], deadline).exit_status:
            return [f"{name} has no folder {self.path}: name another one."]
        argv = ["stat", "--format", "%d", "--", self.path, "/"]
        devices = self.shell.check(argv, deadline).stdout.split()
        if devices[0] == devices[1] and not self.root_too:
            return [
                f"{self.path} of {name} is on its root file system, where other services write "
                "too: name another folder, or allow it (--root-too)."
            ]
        space = read_space(self.shell, self.path, deadline)
        if space.kind in _MEMORY:
            return [f"{self.path} of {name} is memory ({space.kind}), no disk: name another one."]
        if space.kind in _SHARED or space.kind.startswith("fuse"):
            return [
                f"{self.path} of {name} is on {space.kind}, which other hosts may share, and they "
                "would be disturbed too: name a folder of its own."
            ]
        if space.available <= self.leave + 4 * ROOM_BYTES:
            found = f"{self.path} of {name} has only {space.available} bytes left"
            return [f"{found}: it is full already."]
        self.how = f"the file {self._file}, which leaves {self.leave} bytes"
        self._witnesses = self._witnesses or (
            FreeSpaceWitness(self.shell, self.path, self.leave),
            self._room,
        )
        return []

    def _data(self) -> dict[str, Any]:
        return {"folder": self.path, "file": self._file, "leave": self.leave}

    def _injection(self) -> tuple[str, bytes | None]:
        self._room.writes = True
        words = {"file": shlex.quote(self._file), "folder": shlex.quote(self.path)}
        return _FILL % {**words, "leave": self.leave}, None

    def _recovery_commands(self) -> Sequence[Sequence[str]]:
        return free_disk.commands(self._data())

    def _about(self) -> dict[str, Any]:
        return {**super()._about(), "path": self.path, "leave": self.leave}
