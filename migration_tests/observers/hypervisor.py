# SPDX-License-Identifier: Apache-2.0
"""Which commands say what a compute host holds, and how their output is read.

Pure. May not know: how a command gets to a host, and which of what is found is wrong.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from migration_tests.record import words
from migration_tests.record.events import DiskSource, Domain

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

# libvirt's own filters: the words of a list are in the host's language, these are not.
_STATES = {
    words.DOMAIN_RUNS: "list --uuid --state-running",
    "paused": "list --uuid --state-paused",
    "shut off": "list --all --uuid --state-shutoff",
}
_ALL = "list --all --uuid"
_RULE = re.compile(r"^-+\s*$", re.MULTILINE)  # below the head of virsh's tables
_SECTION = "section"
OTHER = "other"

DISKS = "host.inspected:disks"  # evidence: which disks domains open, and whether they are there


class UnreadableError(ValueError):
    """An answer of a host is none of the kind that was asked for; it says nothing."""


@dataclass(frozen=True)
class HostCommands:
    """Which commands say what a host holds.

    :ivar driver: how domains are listed, ``virsh`` or ``process``
    :ivar virsh: the argument list that runs virsh
    :ivar instances_path: Nova's folder of instances, as the host sees it
    """

    driver: str = "virsh"
    virsh: tuple[str, ...] = ("virsh",)
    instances_path: str = "/var/lib/nova/instances"

    @property
    def cannot_tell(self) -> tuple[str, ...]:
        """What of the evidence that is planned these commands cannot give."""
        return (DISKS,) if self.driver == "process" else ()

    def domains(self) -> tuple[str, ...]:
        """Return the argument list that lists the domains and their states, in one call."""
        if self.driver == "process":
            return ("ps", "-eo", "args", "-ww")
        questions = f"; echo {_SECTION}; ".join((_ALL, *_STATES.values()))
        return (*self.virsh, questions)

    def disks(self, server: str) -> tuple[str, ...] | None:
        """Return the argument list that lists the disks of a domain; None: there is none."""
        if self.driver == "process":
            return None
        return (*self.virsh, "domblklist", server, "--details")

    def files(self) -> tuple[str, ...]:
        """Return the argument list that lists what is in all folders of servers."""
        # Nova makes and removes files all the time: one that goes meanwhile is no error.
        depth = ("-ignore_readdir_race", "-mindepth", "1", "-maxdepth", "2")
        return ("find", self.instances_path, *depth, *_FORM)


def parse_domains(text: str, driver: str) -> tuple[Domain, ...]:
    """Return the domains that a list holds, sorted by UUID.

    :param driver: ``process`` when the text is a list of processes: their states are not told,
        but for a guest that was started here and never moved
    :raises UnreadableError: when it is not whole
    """
    if driver == "process":
        found = {
            match[1]: None if "-incoming" in line else words.DOMAIN_RUNS
            for line in text.splitlines()
            if (match := re.search(rf"-uuid ({_UUID})", line))
        }
        return tuple(Domain(server=uuid, state=found[uuid]) for uuid in sorted(found))
    everything, *by_state = (
        re.findall(rf"^\s*({_UUID})\s*$", section, re.MULTILINE)
        for section in re.split(rf"^{_SECTION}\s*$", text, flags=re.MULTILINE)
    )
    if len(by_state) != len(_STATES):
        raise UnreadableError(
            f"the list of domains has {len(by_state) + 1} sections instead of {len(_STATES) + 1}"
        )
    states: dict[str, str] = dict.fromkeys(everything, OTHER)
    # Each section is a question of its own: what was seen to run at any of them did run.
    for state, uuids in reversed(list(zip(_STATES, by_state, strict=True))):
        states |= dict.fromkeys(uuids, state)
    return tuple(Domain(server=uuid, state=states[uuid]) for uuid in sorted(states))


def parse_disks(text: str, server: str) -> tuple[DiskSource, ...]:
    """Return the disks of a domain; whether they are present is not known yet.

    :param text: lines of type, device, target and source, with a head of two lines
    :raises UnreadableError: when it has no such head
    """
    head, *rows = _RULE.split(text, maxsplit=1)
    if not rows:
        raise UnreadableError(f"this is no list of disks: {head.strip()[:80]!r}")
    found = []
    for line in rows[0].splitlines():
        kind, _, target, source = [*line.split(None, 3), "", "", "", ""][:4]
        if source.strip() not in ("", "-"):
            found.append(
                DiskSource(server=server, target=target, type=kind, source=source.strip())
            )
    return tuple(found)


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
