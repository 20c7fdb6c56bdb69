# SPDX-License-Identifier: Apache-2.0
"""``migration-chaos recover``: bring back every host that a journal says is still harmed.

Works after the run that harmed them is long dead, from another machine too if that has the journal
and the hosts file. Idempotent: with nothing open it does nothing.
"""

import argparse
import logging
from collections.abc import Mapping
from typing import Any

from cliff.lister import Lister

from chaos import errors
from chaos.cli import options
from chaos.deadline import Deadline
from chaos.inventory import Inventory, load_inventory
from chaos.journal import Entry, Journal
from chaos.undo import recover_entry

LOG = logging.getLogger(__name__)

COLUMNS = ("host", "fault", "injected at", "entry", "recovered", "found")


class Recover(Lister):
    """Undo every open entry of a journal, newest first, and see that it is undone."""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Add the options of this command."""
        parser = super().get_parser(prog_name)
        parser.add_argument("journal", metavar="JOURNAL", help="the journal of a run")
        options.add_hosts(parser)
        options.add_json(parser)
        parser.add_argument(
            "--timeout",
            type=float,
            default=900.0,
            metavar="SECONDS",
            help="how long each host may take to come back (default: %(default)s)",
        )
        return parser

    def run(self, parsed_args: argparse.Namespace) -> int:
        """Print what was done; return 1 if a host is not back."""
        self._failed = 0
        super().run(parsed_args)
        return 1 if self._failed else 0

    def take_action(self, parsed_args: argparse.Namespace) -> tuple[tuple[str, ...], list[Any]]:
        """Recover in reverse order; one host that stays away does not keep the others down."""
        journal = Journal(parsed_args.journal)
        if not journal.path.exists():
            raise errors.JournalError(
                f"there is no journal {journal.path}", remedy="give the path of a run's journal"
            )
        inventory = load_inventory(parsed_args.hosts)
        rows = []
        for entry in reversed(journal.open_entries()):
            try:
                found = recover(entry, inventory, journal, Deadline.after(parsed_args.timeout))
                back = "yes"
            except errors.ChaosError as exc:
                found, back = str(exc), "NO"
                self._failed += 1
            rows.append((entry.host, entry.fault, entry.opened_at, entry.id, back, found))
        return COLUMNS, rows


def recover(entry: Entry, inventory: Inventory, journal: Journal, deadline: Deadline) -> str:
    """Undo one entry and say what was found.

    :raises chaos.errors.ChaosError: if the host is not seen to be back
    """

    def tell(kind: str, data: Mapping[str, Any]) -> None:
        LOG.info("%s %s", kind, dict(data))

    seen = recover_entry(entry, inventory.host(entry.host), journal, deadline, tell)
    if seen.get("was_down", True):
        return f"runs anew, boot ID {seen.get('boot_id')}"
    return "had never gone down"
