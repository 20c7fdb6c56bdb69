# SPDX-License-Identifier: Apache-2.0
"""``migration-chaos status``: what is injected right now, by whom, and who sees to its end.

Reads the journals and leases of this machine; asks no host.
"""

import argparse
from typing import Any

from cliff.lister import Lister

from chaos import registry
from chaos.cli import options
from chaos.registry import RunState
from chaos.state import StateFolder

COLUMNS = ("run", "host", "fault", "injected at", "state", "who sees to it", "journal")


class Status(Lister):
    """Show every fault that is injected and not undone; exit status 1 if nobody sees to one."""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Add the options of this command."""
        parser = super().get_parser(prog_name)
        options.add_state(parser)
        options.add_json(parser)
        return parser

    def run(self, parsed_args: argparse.Namespace) -> int:
        """Print the table; return 1 if a host is harmed and neither run nor keeper lives."""
        self._forsaken = False
        super().run(parsed_args)
        return 1 if self._forsaken else 0

    def take_action(self, parsed_args: argparse.Namespace) -> tuple[tuple[str, ...], list[Any]]:
        """Look at all runs."""
        rows = []
        for run in registry.look_at_all(StateFolder(parsed_args.state)):
            self._forsaken |= bool(run.open) and not run.alive and not run.kept
            rows += [
                (
                    run.name,
                    entry.host,
                    entry.fault,
                    entry.opened_at,
                    entry.last,
                    who(run),
                    str(run.journal),
                )
                for entry in run.open
            ]
        return COLUMNS, rows


def who(run: RunState) -> str:
    """Say who will undo the faults of a run."""
    if run.alive:
        return "the run" + (" and its keeper" if run.kept else ", WITHOUT a keeper")
    return "its keeper" if run.kept else "NOBODY: run migration-chaos recover"
