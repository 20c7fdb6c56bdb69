# SPDX-License-Identifier: Apache-2.0
"""Looks at a compute host itself: its boot ID, its domains, the disks of a scenario's servers.

By commands over SSH as the hosts file allows them. May not know: which of it is wrong.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeVar

from chaos import errors
from chaos.deadline import Deadline
from chaos.inventory import Host
from chaos.transport.shell import HostShell
from chaos.witnesses.boot_id import read_boot_id
from migration_tests.observers.hypervisor import (
    DISKS,
    HostCommands,
    UnreadableError,
    parse_disks,
    parse_domains,
    parse_files,
)
from migration_tests.record.events import (
    DiskSource,
    Domain,
    HarnessError,
    HostBooted,
    HostInspected,
)
from migration_tests.record.history import Recorder

T = TypeVar("T")

SOURCE = "observers.hosts"
THERE, NOT_THERE = 0, 1  # what `test` says with its status; any other is an error of its own


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

    def look(self, host: Host, servers: Sequence[str], moment: str, deadline: Deadline) -> None:
        """Record what a host holds of these servers; what could not be learned is None there."""
        with HostShell(host) as shell:
            listed = self._ask(shell, self._commands.domains(), deadline)
            files = self._ask(shell, self._commands.files(), deadline)
            domains = None
            if listed is not None:
                driver = self._commands.driver
                domains = self._read(lambda: parse_domains(listed, driver), host)
            sources = self._sources(shell, domains, servers, deadline)
        held = None if files is None else parse_files(files, servers)
        self._record(
            HostInspected(
                host=host.name,
                moment=moment,
                domains=domains,
                disks=None if held is None else held.disks,
                marks=() if held is None else held.marks,
                sources=sources,
            )
        )

    def _sources(
        self,
        shell: HostShell,
        domains: tuple[Domain, ...] | None,
        servers: Sequence[str],
        deadline: Deadline,
    ) -> tuple[DiskSource, ...] | None:
        """Return the disks of those servers that have a domain here, and whether they exist."""
        if domains is None or DISKS in self._commands.cannot_tell:
            return None
        found: list[DiskSource] = []
        for server in [domain.server for domain in domains if domain.server in servers]:
            command = self._commands.disks(server)
            listed = None if command is None else self._ask(shell, command, deadline)
            if listed is None:
                return None
            disks = self._read(lambda text=listed, one=server: parse_disks(text, one), shell.host)  # type: ignore[misc]
            if disks is None:
                return None
            for source in disks:
                if source.source.startswith("/"):
                    there = self._is_there(shell, source.source, deadline)
                    if there is None:
                        return None
                    found.append(replace(source, present=there))
                else:
                    found.append(source)
        return tuple(found)

    def _is_there(self, shell: HostShell, path: str, deadline: Deadline) -> bool | None:
        asked = f"test -e {path} on {shell.host.name}"
        try:
            status = shell.run(("test", "-e", path), deadline).exit_status
        except errors.ChaosError as error:
            self._lost(f"{asked}: {error}", HostInspected.kind)
            return None
        if status not in (THERE, NOT_THERE):
            self._lost(f"{asked} ended with status {status}", HostInspected.kind)
            return None
        return status == THERE

    def _read(self, read: Callable[[], T], host: Host) -> T | None:
        try:
            return read()
        except UnreadableError as error:
            self._lost(f"{host.name}: {error}", HostInspected.kind)
            return None

    def _ask(self, shell: HostShell, argv: Sequence[str], deadline: Deadline) -> str | None:
        try:
            return shell.check(argv, deadline).stdout
        except errors.ChaosError as error:
            self._lost(f"{shlex.join(argv)} on {shell.host.name}: {error}", HostInspected.kind)
            return None

    def _lost(self, error: str, kind: str) -> None:
        self._record(HarnessError(where=SOURCE, error=error, lost=(kind,)))
