# SPDX-License-Identifier: Apache-2.0
"""Watches which domains of a scenario's servers run on which host, all hosts all the time.

One thread a host, over one login that is kept. May not know: where a domain ought to run.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Collection, Iterable, Iterator

from chaos import errors
from chaos.deadline import Deadline
from chaos.inventory import Host
from chaos.transport.shell import HostShell
from migration_tests.observers.hypervisor import HostCommands, UnreadableError, parse_domains
from migration_tests.observers.series import HostLooks, Look, Series
from migration_tests.record.events import DomainsSeen
from migration_tests.record.history import Recorder

SOURCE = "observers.domains"
LOOK_SECONDS = 5.0  # a look that takes longer has failed


class _HostWatch(HostLooks):
    """Looks at one host until it is stopped."""

    def __init__(
        self,
        host: Host,
        commands: HostCommands,
        servers: Callable[[], Collection[str]],
        interval: float,
        record: Recorder,
    ) -> None:
        super().__init__(SOURCE, host.name, interval, record, DomainsSeen.kind)
        self._host = host
        self._commands = commands
        self._servers = servers

    @contextlib.contextmanager
    def looking(self) -> Iterator[Callable[[], Look]]:
        """Look over one login."""
        with HostShell(self._host) as shell:
            yield lambda: self._look(shell)

    def event(self, series: Series) -> DomainsSeen:
        """Say which domains were seen."""
        return DomainsSeen(host=self.host, domains=series.seen[0], **series.times())

    def _look(self, shell: HostShell) -> Look:
        try:
            listed = shell.check(self._commands.domains(), Deadline.after(LOOK_SECONDS)).stdout
            found = parse_domains(listed, self._commands.driver)
        except (errors.ChaosError, UnreadableError) as error:
            return None, f"{type(error).__name__}: {error}"
        ours = self._servers()
        return tuple(domain for domain in found if domain.server in ours), ""


class DomainWatch:
    """Watches all hosts that can be looked at; `stop` records what has not been yet.

    :param hosts: those of the hosts file
    :param servers: returns the IDs of the servers to look for
    :param interval: seconds between two looks at one host
    """

    def __init__(
        self,
        hosts: Iterable[Host],
        commands: HostCommands,
        servers: Callable[[], Collection[str]],
        interval: float,
        record: Recorder,
    ) -> None:
        self._watches = [
            _HostWatch(host, commands, servers, interval, record) for host in hosts
        ]

    def start(self) -> None:
        """Begin to look."""
        for watch in self._watches:
            watch.start()

    def stop(self, seconds: float = 30.0) -> None:
        """End all looking; harmless if it never began."""
        for watch in self._watches:
            watch.stop()
        for watch in self._watches:
            watch.wait(seconds)
