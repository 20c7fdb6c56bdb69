# SPDX-License-Identifier: Apache-2.0
"""The writers in the servers, one ledger each: started, awaited and ended together.

May not know: what the servers are in for.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor

from chaos.deadline import Deadline
from migration_tests.guest.shell import GuestShell
from migration_tests.observers.disks import Disks
from migration_tests.observers.ledger import Ledger
from migration_tests.record.history import Recorder

AT_ONCE = 8
LOOK_SECONDS = 0.2


class Writers:
    """The writers of a scenario's servers.

    :param disks: looks at each disk before it is written to
    """

    def __init__(self, disks: Disks, record: Recorder) -> None:
        self._disks = disks
        self._record = record
        self._ledgers: dict[str, Ledger] = {}

    def start(
        self,
        servers: Iterable[str],
        shells: Mapping[str, GuestShell],
        interval: float,
        deadline: Deadline,
    ) -> None:
        """Look at each untouched disk, mark it, and let the server write.

        :param interval: seconds of rest between two records
        :raises migration_tests.guest.shell.GuestError: when a server cannot be written to
        """

        def one(server: str) -> None:
            self._disks.before(server, shells[server], deadline)
            ledger = Ledger(server, shells[server], self._record)
            ledger.begin(interval, deadline)
            self._ledgers[server] = ledger

        with ThreadPoolExecutor(max_workers=AT_ONCE) as pool:
            list(pool.map(one, servers))

    def wait_for_first(self, deadline: Deadline) -> list[str]:
        """Wait until every server has acknowledged a write; return those that have not."""
        return self._wait(dict.fromkeys(self._ledgers, 0), deadline)

    def wait_for_more(self, deadline: Deadline) -> list[str]:
        """Wait until every server that writes has acknowledged another write.

        :return: those that have not
        """
        writing = {one: ledger for one, ledger in self._ledgers.items() if ledger.is_alive()}
        known = {server: ledger.heard for server, ledger in writing.items()}
        return self._wait(known, deadline)

    def _wait(self, known: Mapping[str, int], deadline: Deadline) -> list[str]:
        """Wait until all have got beyond what is known, or none of the others ever will."""
        silent: list[str] = []
        for _ in deadline.ticks(LOOK_SECONDS):
            waiting = [(server, self._ledgers[server]) for server in known]
            silent = [server for server, ledger in waiting if ledger.last <= known[server]]
            if not any(self._ledgers[server].is_alive() for server in silent):
                break
        return silent

    def end(self, reason: str, servers: Collection[str] | None = None) -> None:
        """Close ledgers; harmless if they are closed.

        :param servers: of these only; None: all
        """
        chosen = [
            ledger
            for server, ledger in self._ledgers.items()
            if servers is None or server in servers
        ]
        with ThreadPoolExecutor(max_workers=AT_ONCE) as pool:
            list(pool.map(lambda ledger: ledger.end(reason), chosen))
