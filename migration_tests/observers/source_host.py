# SPDX-License-Identifier: Apache-2.0
"""Looks at a compute host itself: its boot ID, its domains, the disks of a story's servers.

By commands over SSH as the hosts file allows them. May not know: which of it is wrong.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from chaos import errors
from chaos.deadline import Deadline
from chaos.inventory import Host
from chaos.transport import HostShell, read_boot_id
from migration_tests.record.events import HostBooted, HostInspected
from migration_tests.record.history import Recorder
from migration_tests.record.story_events import HarnessError

SOURCE = "observers.source_host"
_UUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"

# A disk on one of these is seen by every host; that it is there says nothing about this one.
SHARED_FILE_SYSTEMS = frozenset(
    {"nfs", "nfs4", "ceph", "cifs", "smb3", "gfs2", "ocfs2", "lustre", "gpfs", "beegfs", "9p"}
    | {"fuse.glusterfs", "fuse.sshfs", "fuse.ceph", "fuse.mfs", "virtiofs"}
)


# Type, file system, inode and time of change, path.
_FORM = ("-printf", r"%y\t%F\t%i %C@\t%p\n")

# Nova's folder of a server is its UUID, with an ending while it is moved or deleted.
_OWNER = re.compile(rf"/({_UUID})[^/]*(/[^/]+)?$")


@dataclass(frozen=True)
class HostCommands:
    """Which commands tell what a host holds.

    :ivar driver: how domains are listed, ``virsh`` or ``process``
    :ivar virsh: the argument list that runs virsh
    :ivar instances_path: Nova's folder of instances, as the host sees it
    """

    driver: str = "virsh"
    virsh: tuple[str, ...] = ("virsh",)
    instances_path: str = "/var/lib/nova/instances"

    def domains(self) -> tuple[str, ...]:
        """Return the argument list that lists the domains."""
        if self.driver == "process":
            return ("ps", "-eo", "args", "-ww")
        return (*self.virsh, "list", "--all", "--uuid")

    def files(self) -> tuple[str, ...]:
        """Return the argument list that lists what is in all folders of servers."""
        return ("find", self.instances_path, "-mindepth", "1", "-maxdepth", "2", *_FORM)


def parse_domains(text: str, driver: str) -> tuple[str, ...]:
    """Return the UUIDs that a list of domains holds, sorted.

    :param driver: ``process`` when the text is a list of processes
    """
    pattern = rf"-uuid ({_UUID})" if driver == "process" else rf"^\s*({_UUID})\s*$"
    return tuple(sorted(set(re.findall(pattern, text, re.MULTILINE))))


@dataclass(frozen=True)
class Held:
    """What a host holds of some servers, as (server, path) and (server, mark).

    :ivar disks: disk files, those on file systems that every host sees left out
    :ivar marks: one for the folder and each file in it: inode and time of the last change, to the
        nanosecond. Two hosts that show the same one look into the same folder.
    """

    disks: tuple[tuple[str, str], ...]
    marks: tuple[tuple[str, str], ...]


def parse_files(text: str, servers: Iterable[str]) -> Held:
    """Return what of these servers is in a list of files.

    :param text: lines of type, file system, mark and path, with tabulators between
    """
    disks, marks = [], []
    wanted = set(servers)
    for line in text.splitlines():
        kind, _, rest = line.partition("\t")
        file_system, _, rest = rest.partition("\t")
        mark, _, path = rest.partition("\t")
        owner = _OWNER.search(path)
        if not owner or owner[1] not in wanted:
            continue
        marks.append((owner[1], mark))
        name = (owner[2] or "").lstrip("/")
        disk = kind == "f" and name.startswith("disk") and name != "disk.info"
        if disk and file_system not in SHARED_FILE_SYSTEMS:
            disks.append((owner[1], path))
    return Held(tuple(sorted(disks)), tuple(sorted(marks)))


class HostInspector:
    """Looks at hosts of the hosts file.

    :param commands: how to ask
    """

    def __init__(self, commands: HostCommands, record: Recorder) -> None:
        self._commands = commands
        self._record = record

    def boot_id(self, host: Host, moment: str, deadline: Deadline) -> None:
        """Read the boot ID of a host and record it, or that it is lost."""
        try:
            with HostShell(host) as shell:
                boot_id = read_boot_id(shell, deadline)
        except errors.ChaosError as error:
            self._lost(f"{host.name}: {error}", HostBooted.kind)
            return
        self._record(HostBooted(host=host.name, moment=moment, boot_id=boot_id))

    def look(
        self, host: Host, servers: Sequence[str], moment: str, deadline: Deadline
    ) -> HostInspected:
        """Record what a host holds of these servers; what could not be learned is None there."""
        with HostShell(host) as shell:
            domains = self._ask(shell, self._commands.domains(), deadline)
            files = self._ask(shell, self._commands.files(), deadline)
        held = None if files is None else parse_files(files, servers)
        seen = HostInspected(
            host=host.name,
            moment=moment,
            domains=None if domains is None else parse_domains(domains, self._commands.driver),
            disks=None if held is None else held.disks,
            marks=() if held is None else held.marks,
        )
        self._record(seen)
        return seen

    def _ask(self, shell: HostShell, argv: Sequence[str], deadline: Deadline) -> str | None:
        try:
            return shell.check(argv, deadline).stdout
        except errors.ChaosError as error:
            self._lost(f"{shlex.join(argv)} on {shell.host.name}: {error}", HostInspected.kind)
            return None

    def _lost(self, error: str, kind: str) -> None:
        self._record(HarnessError(where=SOURCE, error=error, lost=(kind,)))
