# SPDX-License-Identifier: Apache-2.0
"""`migration-chaos report`: draws the table of a run again, without the cloud.

The verdicts are judged anew from the history, so it also serves a run that Tempest itself
started or one that was cut off. May not know: how a run is made.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from cliff.command import Command

from migration_tests.judges.document import write_verdicts
from migration_tests.record import run_folder, verdicts
from migration_tests.record.history import HistoryError
from migration_tests.record.run_folder import RunFolderError
from migration_tests.record.verdicts import VerdictsError
from migration_tests.report import table


class Report(Command):
    """Show the verdicts of a run again, from its run folder alone."""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Return the parser of this command's words."""
        parser = super().get_parser(prog_name)
        parser.add_argument(
            "run",
            nargs="?",
            default="runs",
            type=Path,
            help="the run folder, or the folder of all runs for the latest one (default: runs)",
        )
        parser.add_argument(
            "--as-written",
            action="store_true",
            help="show verdicts.json as it is; without this, the history is judged again first",
        )
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> int:
        """Print the report; the status is 0 when something passed and nothing else did not."""
        try:
            folder = run_folder.find(parsed_args.run)
            written = parsed_args.as_written
            result = verdicts.read(folder.verdicts) if written else write_verdicts(folder)
        except (RunFolderError, HistoryError, VerdictsError) as error:
            self.app.stderr.write(f"{error}\n")
            return 2
        self.app.stdout.write(table.render(result))
        self.app.stdout.write(f"Run folder: {folder.path}\n")
        return 0 if result.good else 1
