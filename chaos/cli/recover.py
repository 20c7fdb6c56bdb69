# SPDX-License-Identifier: Apache-2.0
"""``migration-chaos recover``: recover every host that a journal still has open.

Works after the run that disturbed them is long dead, from another machine too if that has the
journal and the hosts file. Idempotent: with nothing open it does nothing.
"""

import argparse
import logging
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from cliff.lister import Lister

from chaos import errors, foreign
from chaos.cli import options
from chaos.cli.output import OK, PROBLEM, JsonCommand, Output
from chaos.deadline import Deadline
from chaos.inventory import Inventory, load_inventory
from chaos.journal import Journal, registry
from chaos.journal.reading import Entry
from chaos.journal.state import StateFolder
from chaos.recovery import recover_entry

LOG = logging.getLogger(__name__)

COLUMNS = ("host", "fault", "injected at", "entry", "recovered", "found")


class Recover(JsonCommand, Lister):
    """Recover every open entry of the journals, newest first, and see that it is recovered.

    Without a journal all runs of this machine are looked through. A run that lives is left alone
    unless its journal is named.
    """

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Add the options of this command."""
        parser = super().get_parser(prog_name)
        parser.add_argument(
            "journals",
            metavar="JOURNAL",
            nargs="*",
            type=Path,
            help="the journal of a run, also one of another machine (default: all of this one)",
        )
        parser.add_argument(
            "--hosts",
            metavar="FILE",
            help="the hosts file (default: the one that the journal names)",
        )
        options.add_state(parser)
        parser.add_argument(
            "--timeout",
            type=float,
            default=900.0,
            metavar="SECONDS",
            help="how long each host may take to come back (default: 900)",
        )
        return parser

    def execute(self, parsed_args: argparse.Namespace) -> Output:
        """Recover in reverse order; one host that stays away does not keep the others down."""
        entries = []
        well = True
        for journal in tuple(_chosen(parsed_args.journals, StateFolder(parsed_args.state))):
            for entry in reversed(journal.open_entries()):
                try:
                    # A hosts file that is gone keeps the hosts of other runs down no more than a
                    # host that stays away does.
                    inventory = _inventory(journal, parsed_args.hosts)
                    deadline = Deadline.after(parsed_args.timeout)
                    with foreign.raised_as(errors.Unexpected, entry.host):
                        found, back = recover(entry, inventory, journal, deadline), True
                except errors.EntryNotClosed as exc:
                    found, back, well = str(exc), True, False
                except errors.ChaosError as exc:
                    found, back, well = str(exc), False, False
                entries.append(
                    {
                        "host": entry.host,
                        "fault": entry.fault,
                        "injected_at": entry.opened_at,
                        "entry": entry.id,
                        "journal": str(journal.path),
                        "recovered": back,
                        "found": found,
                    }
                )
        rows = [
            (
                *(one[key] for key in ("host", "fault", "injected_at", "entry")),
                "yes" if one["recovered"] else "NO",
                one["found"],
            )
            for one in entries
        ]
        return Output({"entries": entries}, COLUMNS, rows, OK if well else PROBLEM)


def _chosen(named: list[Path], state: StateFolder) -> Iterator[Journal]:
    """Yield the journals to be worked through, newest first."""
    for path in named:
        if not path.exists():
            raise errors.JournalError(
                f"there is no journal {path}", remedy="give the path of a run's journal"
            )
        yield Journal(path)
    if named:
        return
    for run in reversed(registry.read_runs(state)):
        if run.open and run.alive:
            LOG.warning("%s lives and is left alone; its journal: %s", run.holder, run.journal)
        elif run.open:
            yield Journal(run.journal)


def _inventory(journal: Journal, named: str | None) -> Inventory:
    holder = journal.holder()
    if named is None and holder is None:
        raise errors.JournalError(
            f"{journal.path} does not name its hosts file", remedy="name it with --hosts"
        )
    return load_inventory(named or (holder.hosts_file if holder else ""))


def recover(entry: Entry, inventory: Inventory, journal: Journal, deadline: Deadline) -> str:
    """Recover the host of one entry and say what was found.

    :raises chaos.errors.ChaosError: if the host is not seen to be back
    """

    def log(kind: str, data: Mapping[str, Any]) -> None:
        LOG.info("%s %s", kind, dict(data))

    seen = recover_entry(entry, inventory.host(entry.host), journal, deadline, log)
    if "found" in seen:
        return str(seen["found"])
    if not seen.get("was_down", True):
        return "had never gone down"
    if "pid" in seen:
        return f"the service runs, process {seen['pid']}"
    return f"runs again, boot ID {seen.get('boot_id')}"
