# SPDX-License-Identifier: Apache-2.0
"""What a command of this library prints: a table for people, or one JSON document with ``--json``.

The keys of the documents are promised (reference/commands in the documentation); the titles of the
tables are not. Whatever happens, ``--json`` prints exactly one document to standard output. Knows
cliff; nothing of what the commands do.
"""

import argparse
import json
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from chaos import errors, foreign

# Exit statuses: all is well; something is not; the command could not begin.
OK = 0
PROBLEM = 1
NOT_BEGUN = 2


@dataclass(frozen=True)
class Output:
    """What a command has found out or done.

    :ivar document: for ``--json``; plain data
    :ivar columns: titles of the table
    :ivar rows: one sequence for each row; of a command that shows one thing, the thing's values
    :ivar status: the exit status
    """

    document: Mapping[str, Any]
    columns: tuple[str, ...]
    rows: Sequence[Any]
    status: int = OK


class JsonCommand:
    """Before cliff's ``Lister`` or ``ShowOne`` in the bases of a command."""

    app: Any

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Add ``--json``."""
        parser: argparse.ArgumentParser = super().get_parser(prog_name)  # type: ignore[misc]
        parser.add_argument(
            "--json",
            action="store_true",
            help="print one JSON document with keys that stay, errors too",
        )
        return parser

    def execute(self, parsed_args: argparse.Namespace) -> Output:
        """Do what the command is for.

        :raises chaos.errors.ChaosError: if it could not begin
        """
        raise NotImplementedError

    def run(self, parsed_args: argparse.Namespace) -> int:
        """Do it and print it; return the exit status."""
        try:
            with foreign.raised_as(errors.Unexpected, "the command could not be carried out"):
                output = self.execute(parsed_args)
        except errors.ChaosError as exc:
            if self.app.options.debug:
                traceback.print_exception(exc, file=self.app.stderr)
            if parsed_args.json:
                self._print({"error": about(exc)}, NOT_BEGUN)
            else:
                print(exc, file=self.app.stderr)
            return NOT_BEGUN
        if parsed_args.json:
            self._print(output.document, output.status)
        else:
            self._output = output
            super().run(parsed_args)  # type: ignore[misc]
        return output.status

    def take_action(self, parsed_args: argparse.Namespace) -> tuple[tuple[str, ...], Any]:
        """Hand the table to cliff."""
        return self._output.columns, self._output.rows

    def _print(self, document: Mapping[str, Any], status: int) -> None:
        text = json.dumps({**document, "exit_status": status}, indent=2)
        print(text, file=self.app.stdout, flush=True)


def about(exc: errors.ChaosError) -> dict[str, Any]:
    """Return an error as plain data."""
    document: dict[str, Any] = {
        "kind": type(exc).__name__,
        "message": str(exc),
        "found": exc.found,
        "expected": exc.expected,
        "remedy": exc.remedy,
    }
    if isinstance(exc, errors.InventoryError):
        document["problems"] = list(exc.problems)
    return document
