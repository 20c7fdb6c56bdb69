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
from chaos.shell import HostShell
from chaos.witnesses.boot_id import read_boot_id
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

    def disks(self) -> tuple[str, ...]:
        """Return the argument list that lists file system and path of all disk files."""
        # Nova's folder of a server is its UUID, with an ending while it is moved or deleted.
        return (
            *("find", self.instances_path, "-maxdepth", "2", "-type", "f"),
            *("-name", "disk*", "!", "-name", "disk.info", "-printf", r"%F\t%p\n"),
        )


def parse_domains(text: str, driver: str) -> tuple[str, ...]:
    """Return the UUIDs that a list of domains holds, sorted.

    :param driver: ``process`` when the text is a list of processes
    """
    pattern = rf"-uuid ({_UUID})" if driver == "process" else rf"^\s*({_UUID})\s*$"
    return tuple(sorted(set(re.findall(pattern, text, re.MULTILINE))))


def parse_disks(text: str, servers: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """Return (server, path) of the disk files of these servers, those on shared storage left out.

    :param text: lines of file system type, tabulator, path
    """
    found = []
    wanted = set(servers)
    for line in text.splitlines():
        kind, _, path = line.partition("\t")
        owner = re.search(rf"/({_UUID})[^/]*/[^/]+$", path)
        if owner and owner[1] in wanted and kind not in SHARED_FILE_SYSTEMS:
            found.append((owner[1], path))
    return tuple(sorted(found))


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
            disks = self._ask(shell, self._commands.disks(), deadline)
        seen = HostInspected(
            host=host.name,
            moment=moment,
            domains=None if domains is None else parse_domains(domains, self._commands.driver),
            disks=None if disks is None else parse_disks(disks, servers),
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
