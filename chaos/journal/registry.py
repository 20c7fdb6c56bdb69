# SPDX-License-Identifier: Apache-2.0
"""What all runs of this machine have injected and not recovered yet, and which of them still live.

Reads the journals and leases of the state folder. Asks no host.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from chaos.inventory import Host
from chaos.journal.lease import Lease, locked_by_others
from chaos.journal.reading import Entry, Holder, JournalReader
from chaos.journal.state import StateFolder

# So many runs that left nothing open are kept, for whoever wants to read their journals.
KEEP = 100


def lease_path(journal: Path) -> Path:
    """Return where the lease of a journal's run is."""
    return journal.with_suffix(".lease")


def keeper_path(journal: Path) -> Path:
    """Return the file that the keeper of a journal holds locked while it lives."""
    return journal.with_suffix(".keeper")


def address(host: Host) -> str:
    """Return what identifies a host, whatever hosts file names it."""
    return f"{host.ssh.address} port {host.ssh.port}"


@dataclass(frozen=True)
class RunState:
    """One run, as its files say.

    :ivar holder: None for a journal from outside, written without one
    :ivar alive: whether a process of the run lives, and has renewed the lease in time
    :ivar keeper_alive: whether its keeper lives
    :ivar open: its faults that are not recovered yet, in the order they were injected
    """

    journal: Path
    holder: Holder | None
    alive: bool
    keeper_alive: bool
    open: tuple[Entry, ...]

    @property
    def name(self) -> str:
        """The run's name."""
        return self.holder.run if self.holder else self.journal.stem

    @property
    def hosts(self) -> Mapping[str, str]:
        """The hosts it may disturb, name to address."""
        return self.holder.hosts if self.holder else {}

    def hosts_down(self) -> dict[str, str]:
        """Return the hosts it has disturbed, address (or name, if there is no other) to name."""
        return {self.hosts.get(entry.host, entry.host): entry.host for entry in self.open}


def read_run(journal: Path) -> RunState:
    """Read what the files of one run say.

    :raises chaos.errors.JournalError: if its journal cannot be read
    """
    reader = JournalReader(journal)
    lease = Lease(lease_path(journal))
    return RunState(
        journal=journal,
        holder=reader.holder(),
        alive=lease.alive and not lease.expired,
        keeper_alive=locked_by_others(keeper_path(journal)),
        open=reader.open_entries(),
    )


def read_runs(state: StateFolder) -> tuple[RunState, ...]:
    """Read every run that has left a journal in the folder.

    :raises chaos.errors.JournalError: if one cannot be read
    """
    return tuple(read_run(path) for path in state.journals())


def prune(runs: Sequence[RunState], keep: int = KEEP) -> None:
    """Remove the files of runs that are over and have left nothing open, but of the newest.

    :param runs: all runs there are, in the order of their names
    """
    over = [run for run in runs if not run.open and not run.alive and not run.keeper_alive]
    for run in over[: max(0, len(over) - keep)]:
        for path in run.journal.parent.glob(f"{run.journal.stem}.*"):
            path.unlink(missing_ok=True)


def conflicts(
    runs: Iterable[RunState], journal: Path, hosts: Mapping[str, str]
) -> list[str]:
    """Return why a run may not begin now, one sentence for each other run in its way.

    :param runs: all runs there are
    :param journal: of the run that is to begin
    :param hosts: that it may disturb, name to address
    """
    found = []
    for other in runs:
        if other.journal == journal:
            continue
        shared = sorted(
            name for name, place in hosts.items() if place in set(other.hosts.values())
        )
        who = other.holder or f"the journal {other.journal}"
        down = ", ".join(sorted(set(other.hosts_down().values())))
        if other.alive and shared:
            found.append(
                f"{who} may disturb the same hosts ({', '.join(shared)}): wait for its end, or "
                "use a hosts file without them."
            )
        elif other.open and other.keeper_alive:
            found.append(
                f"The keeper of {who} is bringing {down} back: wait for it; "
                "'migration-chaos status' shows it."
            )
        elif other.open and not other.alive:
            found.append(
                f"{who} is over and has left {down} disturbed: run 'migration-chaos recover' "
                "first."
            )
    return found
