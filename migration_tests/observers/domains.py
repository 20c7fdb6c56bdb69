# SPDX-License-Identifier: Apache-2.0
"""Watches which domains of a scenario's servers run on which host, all hosts all the time.

One thread a host, over one login that is kept. Looks that show the same are recorded together,
with the times of the first and the last and the longest pause between them, so that two hosts'
looks can be laid beside each other. May not know: where a domain ought to run.
"""

from __future__ import annotations

import threading
import time
import traceback
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass

from chaos import errors
from chaos.deadline import Deadline
from chaos.inventory import Host
from chaos.transport.shell import HostShell
from migration_tests.observers.hypervisor import HostCommands, UnreadableError, parse_domains
from migration_tests.record.events import Domain, DomainsSeen, HarnessError
from migration_tests.record.history import Recorder

LOOK_SECONDS = 5.0  # a look that takes longer has failed
WRITE_SECONDS = 30.0  # a state that lasts is written down at least so often

Look = tuple[tuple[Domain, ...] | None, str]  # what was seen, or why nothing was


@dataclass
class _Series:
    """Looks one after the other that showed the same."""

    seen: Look
    looks: int
    t_first_began: float
    t_first_ended: float
    t_last_began: float
    t_last_ended: float
    longest_pause: float


class _HostWatch(threading.Thread):
    """Looks at one host until it is stopped."""

    def __init__(
        self,
        host: Host,
        commands: HostCommands,
        servers: Callable[[], Collection[str]],
        interval: float,
        record: Recorder,
    ) -> None:
        super().__init__(name=f"domains-{host.name}", daemon=True)
        self._host = host
        self._commands = commands
        self._servers = servers
        self._interval = interval
        self._record = record
        self._stopping = threading.Event()
        self._series: _Series | None = None
        self._last_ended: float | None = None

    def run(self) -> None:
        """Look until the end; a failure of our own is recorded as lost evidence."""
        try:
            try:
                self._watch()
            finally:
                self._write()
        except Exception as error:
            self._lost(
                f"{type(error).__name__}: {error}", "".join(traceback.format_exception(error))
            )

    def _watch(self) -> None:
        due = time.monotonic()
        with HostShell(self._host) as shell:
            ending = False
            while not ending:
                # The last look begins after the end was asked for: it shows how all was left.
                ending = self._stopping.is_set()
                began = time.monotonic()
                seen = self._look(shell)
                ended = time.monotonic()
                self._take(seen, began, ended)
                # A slow host is not asked without a rest.
                due = max(due + self._interval, ended + (ended - began))
                self._stopping.wait(max(0.0, due - time.monotonic()))

    def stop(self) -> None:
        """Ask for one more look, and then for the end."""
        self._stopping.set()

    def wait(self, seconds: float) -> None:
        """Wait for the end; that it does not come is recorded as lost evidence."""
        if self.is_alive():
            self.join(seconds)
            if self.is_alive():
                self._lost(f"the last look did not end within {seconds:g} s")

    def _lost(self, error: str, trace: str = "") -> None:
        self._record(
            HarnessError(
                where="observers.domains",
                error=f"{self._host.name}: {error}",
                lost=(DomainsSeen.kind,),
                traceback=trace,
            )
        )

    def _look(self, shell: HostShell) -> Look:
        try:
            listed = shell.check(self._commands.domains(), Deadline.after(LOOK_SECONDS)).stdout
            found = parse_domains(listed, self._commands.driver)
        except (errors.ChaosError, UnreadableError) as error:
            return None, f"{type(error).__name__}: {error}"
        ours = self._servers()
        return tuple(domain for domain in found if domain.server in ours), ""

    def _take(self, seen: Look, began: float, ended: float) -> None:
        pause = 0.0 if self._last_ended is None else ended - self._last_ended
        self._last_ended = ended
        series = self._series
        # Why a host does not answer may be said in other words every time.
        same = series is not None and series.seen[0] == seen[0]
        if series is not None and same and ended - series.t_first_began < WRITE_SECONDS:
            series.looks += 1
            series.t_last_began, series.t_last_ended = began, ended
            series.longest_pause = max(series.longest_pause, pause)
            return
        self._write()
        self._series = _Series(seen, 1, began, ended, began, ended, pause)

    def _write(self) -> None:
        series, self._series = self._series, None
        if series is None:
            return
        self._record(
            DomainsSeen(
                host=self._host.name,
                domains=series.seen[0],
                looks=series.looks,
                t_first_began=round(series.t_first_began, 6),
                t_first_ended=round(series.t_first_ended, 6),
                t_last_began=round(series.t_last_began, 6),
                t_last_ended=round(series.t_last_ended, 6),
                longest_pause=round(series.longest_pause, 6),
                error=series.seen[1],
            )
        )


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
