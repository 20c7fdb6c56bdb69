# SPDX-License-Identifier: Apache-2.0
"""A run that may disturb hosts: its journal, its lease, its keeper, and leave to begin at all.

Faults are injected within a run. It begins by looking at what others have left; it ends with
nothing open, or its keeper sees to that. Knows hosts by name and address only.
"""

import contextlib
import os
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime

from chaos import errors
from chaos.inventory import Host, Inventory
from chaos.journal import Journal, registry
from chaos.journal.lease import Lease
from chaos.journal.reading import BEGUN, ENDED, TAKEN_OVER
from chaos.journal.registry import RunState
from chaos.journal.state import StateFolder
from chaos.keeper import start_keeper

# A runner that has not renewed its lease for so long hangs, and its hosts are brought back.
LEASE_SECONDS = 60.0


def new_name() -> str:
    """Return a name for a run that no other has; names sort by time."""
    return f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{os.getpid()}-{uuid.uuid4().hex[:6]}"


class Run:
    """One run; a context manager that begins and ends it.

    :param inventory: the hosts it may disturb
    :param state: the folder of all runs; by default that of this machine and user
    :param name: by default a new one; processes that give the same name are one run
    :param lease_seconds: after so long without a sign of life the run is taken for dead
    :param keeper: False leaves it without a keeper, for callers that keep watch themselves
    """

    def __init__(
        self,
        inventory: Inventory,
        *,
        state: StateFolder | None = None,
        name: str = "",
        lease_seconds: float = LEASE_SECONDS,
        keeper: bool = True,
    ) -> None:
        self.inventory = inventory
        self.state = state or StateFolder()
        self.name = name or new_name()
        self.lease_seconds = lease_seconds
        self.keeper = keeper
        self.journal = Journal(self.state.journal(self.name))
        self.lease = Lease(registry.lease_path(self.journal.path))

    def __enter__(self) -> "Run":
        self.begin()
        return self

    def __exit__(self, *_error: object) -> None:
        self.end()

    def begin(self) -> None:
        """Begin it, or join it if another process has begun it.

        :raises chaos.errors.RunRefused: if others disturb the same hosts, or left some so
        :raises chaos.errors.JournalError: if there is no place to write down what it will do
        """
        hosts = {host.name: registry.address(host) for host in self.inventory}
        with self.state.locked():
            runs = registry.read_runs(self.state)
            reasons = registry.conflicts(runs, self.journal.path, hosts)
            if reasons:
                raise errors.RunRefused(" ".join(reasons))
            registry.prune(runs)
            if not self.journal.marked(BEGUN):
                self.journal.begin(self.name, self.inventory.path, hosts)
            self.lease.take(self.lease_seconds)

    def end(self) -> None:
        """Give the lease back. What is still open then, the keeper recovers."""
        with contextlib.suppress(errors.JournalError):
            if not self.journal.open_entries():
                self.journal.mark(ENDED)
        self.lease.release()

    def require_keeper(self) -> None:
        """See that a keeper watches, starting one if there is none.

        :raises chaos.errors.KeeperError: if it does not start
        :raises chaos.errors.LeaseLost: if it has taken over already: this run is over
        """
        if self.journal.marked(TAKEN_OVER) or not self.lease.held:
            raise errors.LeaseLost(
                f"run {self.name} was silent for longer than {self.lease_seconds:g} s, and its "
                "keeper has taken over",
                remedy="see with 'migration-chaos status' that all is recovered, start a new run",
            )
        if self.keeper and not registry.read_run(self.journal.path).keeper_alive:
            start_keeper(self.journal.path, self.inventory, self.lease_seconds)

    @contextlib.contextmanager
    def exclusive(self) -> Iterator[tuple[RunState, ...]]:
        """Keep all other runs of this machine waiting; yields what each of them has injected.

        :raises chaos.errors.JournalError: if that cannot be read
        """
        with self.state.locked():
            yield registry.read_runs(self.state)

    def host(self, name: str) -> Host:
        """Return the host of that name.

        :raises chaos.errors.UnknownHost: if there is none
        """
        return self.inventory.host(name)
