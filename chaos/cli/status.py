# SPDX-License-Identifier: Apache-2.0
"""``migration-chaos status``: what is injected right now, by whom, and who recovers it.

Reads the journals and leases of this machine; asks no host.
"""

import argparse
from datetime import datetime, timedelta

from cliff.lister import Lister

from chaos import errors, foreign
from chaos.cli import options
from chaos.cli.output import OK, PROBLEM, JsonCommand, Output
from chaos.journal import registry
from chaos.journal.reading import Entry
from chaos.journal.registry import RunState
from chaos.journal.state import StateFolder

COLUMNS = ("run", "host", "fault", "injected at", "state", "recovered by", "journal")


class Status(JsonCommand, Lister):
    """Show every fault that is injected and not recovered; exit status 1 if nobody will do it."""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Add the options of this command."""
        parser = super().get_parser(prog_name)
        options.add_state(parser)
        return parser

    def execute(self, parsed_args: argparse.Namespace) -> Output:
        """Look at all runs."""
        runs = registry.read_runs(StateFolder(parsed_args.state))
        unattended = any(run.open and not run.alive and not run.keeper_alive for run in runs)
        faults = [
            {
                "run": run.name,
                "host": entry.host,
                "fault": entry.fault,
                "entry": entry.id,
                "injected_at": entry.opened_at,
                "state": entry.last,
                "run_alive": run.alive,
                "keeper_alive": run.keeper_alive,
                "how": entry.data.get("how", ""),
                "inject_error": entry.error,
                "host_recovers_at": host_recovers_at(entry),
                "journal": str(run.journal),
            }
            for run in runs
            for entry in run.open
        ]
        rows = [
            (
                *(run.name, one.host, one.fault, one.opened_at, one.last),
                *(recovered_by(run, one), str(run.journal)),
            )
            for run in runs
            for one in run.open
        ]
        return Output({"faults": faults}, COLUMNS, rows, PROBLEM if unattended else OK)


def host_recovers_at(entry: Entry) -> str:
    """Return when the host recovers by itself if nobody else does it, or ""."""
    try:
        with foreign.raised_as(errors.JournalError, "not known"):
            timer = entry.data.get("timer")
            if not timer:
                return ""
            since = datetime.fromisoformat(entry.opened_at)
            due = since + timedelta(seconds=float(timer["seconds"]))
            return due.isoformat(timespec="seconds")
    except errors.JournalError as exc:
        # One entry that makes no sense hides no other.
        return exc.found


def recovered_by(run: RunState, entry: Entry) -> str:
    """Say who will recover the host from one fault of a run."""
    due = host_recovers_at(entry)
    return _who(run) + (f"; the host itself at {due}" if due else "")


def _who(run: RunState) -> str:
    if run.alive:
        return "the run" + (" and its keeper" if run.keeper_alive else ", WITHOUT a keeper")
    return "its keeper" if run.keeper_alive else "NOBODY: run migration-chaos recover"
