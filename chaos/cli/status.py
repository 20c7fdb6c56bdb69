# SPDX-License-Identifier: Apache-2.0
"""``migration-chaos status``: what is injected right now, by whom, and who sees to its end.

Reads the journals and leases of this machine; asks no host.
"""

import argparse
from datetime import datetime, timedelta

from cliff.lister import Lister

from chaos.cli import options
from chaos.cli.output import NOT_WELL, WELL, TellingCommand, Told
from chaos.journal import registry
from chaos.journal.reading import Entry
from chaos.journal.registry import RunState
from chaos.journal.state import StateFolder

COLUMNS = ("run", "host", "fault", "injected at", "state", "who sees to it", "journal")


class Status(TellingCommand, Lister):
    """Show every fault that is injected and not undone; exit status 1 if nobody sees to one."""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Add the options of this command."""
        parser = super().get_parser(prog_name)
        options.add_state(parser)
        return parser

    def tell(self, parsed_args: argparse.Namespace) -> Told:
        """Look at all runs."""
        runs = registry.look_at_all(StateFolder(parsed_args.state))
        forsaken = any(run.open and not run.alive and not run.kept for run in runs)
        faults = [
            {
                "run": run.name,
                "host": entry.host,
                "fault": entry.fault,
                "entry": entry.id,
                "injected_at": entry.opened_at,
                "state": entry.last,
                "run_alive": run.alive,
                "keeper_alive": run.kept,
                "how": entry.data.get("how", ""),
                "host_undoes_it_at": own_undo(entry),
                "journal": str(run.journal),
            }
            for run in runs
            for entry in run.open
        ]
        rows = [
            (
                *(run.name, one.host, one.fault, one.opened_at, one.last),
                *(sees_to_it(run, one), str(run.journal)),
            )
            for run in runs
            for one in run.open
        ]
        return Told({"faults": faults}, COLUMNS, rows, NOT_WELL if forsaken else WELL)


def own_undo(entry: Entry) -> str:
    """Return when the host undoes a fault by itself if nobody else does, or ""."""
    timer = entry.data.get("timer")
    if not timer:
        return ""
    due = datetime.fromisoformat(entry.opened_at) + timedelta(seconds=float(timer["seconds"]))
    return due.isoformat(timespec="seconds")


def sees_to_it(run: RunState, entry: Entry) -> str:
    """Say who will undo one fault of a run."""
    due = own_undo(entry)
    return who(run) + (f"; the host itself at {due}" if due else "")


def who(run: RunState) -> str:
    """Say who will undo the faults of a run."""
    if run.alive:
        return "the run" + (" and its keeper" if run.kept else ", WITHOUT a keeper")
    return "its keeper" if run.kept else "NOBODY: run migration-chaos recover"
