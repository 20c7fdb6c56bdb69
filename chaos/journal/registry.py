# SPDX-License-Identifier: Apache-2.0
"""What all runs of this machine have harmed and not undone yet, and which of them still live.

Reads the journals and leases of the state folder. Knows no host and harms none.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from chaos.inventory import Host
from chaos.journal.lease import Lease, locked_by_others
from chaos.journal.reading import Entry, Holder, JournalReader
from chaos.journal.state import StateFolder

# So many runs that left nothing harmed are remembered, for whoever wants to read their journals.
KEEP = 100


def lease_path(journal: Path) -> Path:
    """Return where the lease of a journal's run is."""
    return journal.with_suffix(".lease")


def keeper_path(journal: Path) -> Path:
    """Return the file that the keeper of a journal holds locked while it lives."""
    return journal.with_suffix(".keeper")


def address(host: Host) -> str:
    """Return what tells a host from all others, whatever hosts file names it."""
    return f"{host.ssh.address} port {host.ssh.port}"


@dataclass(frozen=True)
class RunState:
    """One run, as its files tell.

    :ivar holder: None for a journal from outside, written without one
    :ivar alive: whether a process of the run lives, and has renewed the lease in time
    :ivar kept: whether its keeper lives
    :ivar open: its faults that are not undone yet, in the order they were injected
    """

    journal: Path
    holder: Holder | None
    alive: bool
    kept: bool
    open: tuple[Entry, ...]

    @property
    def name(self) -> str:
        """The run's name."""
        return self.holder.run if self.holder else self.journal.stem

    @property
    def hosts(self) -> Mapping[str, str]:
        """The hosts it may harm, name to address."""
        return self.holder.hosts if self.holder else {}

    def down(self) -> dict[str, str]:
        """Return the hosts it has harmed, address (or name, if that is all there is) to name."""
        return {self.hosts.get(entry.host, entry.host): entry.host for entry in self.open}


def look(journal: Path) -> RunState:
    """Look at one run.

    :raises chaos.errors.JournalError: if its journal cannot be read
    """
    book = JournalReader(journal)
    lease = Lease(lease_path(journal))
    return RunState(
        journal=journal,
        holder=book.holder(),
        alive=lease.alive and not lease.expired,
        kept=locked_by_others(keeper_path(journal)),
        open=book.open_entries(),
    )


def look_at_all(state: StateFolder) -> tuple[RunState, ...]:
    """Look at every run that has left a journal in the folder.

    :raises chaos.errors.JournalError: if one cannot be read
    """
    return tuple(look(path) for path in state.journals())


def tidy(runs: Sequence[RunState], keep: int = KEEP) -> None:
    """Remove the files of runs that are over and have left nothing harmed, but of the newest.

    :param runs: all runs there are, in the order of their names
    """
    over = [run for run in runs if not run.open and not run.alive and not run.kept]
    for run in over[: max(0, len(over) - keep)]:
        for path in run.journal.parent.glob(f"{run.journal.stem}.*"):
            path.unlink(missing_ok=True)


def conflicts(
    runs: Iterable[RunState], journal: Path, hosts: Mapping[str, str]
) -> list[str]:
    """Return why a run may not begin now, one sentence for each other run in its way.

    :param runs: all runs there are
    :param journal: of the run that is to begin
    :param hosts: that it may harm, name to address
    """
    found = []
    for other in runs:
        if other.journal == journal:
            continue
        shared = sorted(
            name for name, place in hosts.items() if place in set(other.hosts.values())
        )
        who = other.holder or f"the journal {other.journal}"
        down = ", ".join(sorted(set(other.down().values())))
        if other.alive and shared:
            found.append(
                f"{who} may harm the same hosts ({', '.join(shared)}): wait for its end, or use "
                "a hosts file without them."
            )
        elif other.open and other.kept:
            found.append(
                f"The keeper of {who} is bringing {down} back: wait for it; "
                "'migration-chaos status' shows it."
            )
        elif other.open and not other.alive:
            found.append(
                f"{who} is over and has left {down} harmed: run 'migration-chaos recover' first."
            )
    return found
