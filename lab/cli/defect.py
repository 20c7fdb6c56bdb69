# SPDX-License-Identifier: Apache-2.0
"""``migration-chaos lab defect list|load|unload``."""

import argparse
from pathlib import Path

from cliff.command import Command
from cliff.lister import Lister

from lab.cli import add_name
from lab.lifecycle import patching
from lab.lifecycle.building import Lab, LabError
from lab.loading.patch import read_defects


class DefectList(Lister):
    """Show the ready-made defects, what each breaks and which judges must fail then."""

    def take_action(
        self, parsed_args: argparse.Namespace
    ) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
        """Return the table."""
        rows: list[tuple[str, ...]] = [
            (defect.name, " ".join(defect.services), " ".join(defect.judges), defect.summary)
            for defect in patching.ready_made()
        ]
        return ("Defect", "Services", "Judges", "Summary"), rows


class DefectLoad(Command):
    """Break the running cloud on purpose: load defects and start the services concerned anew.

    Hosts that are off have them at their next boot. If a service does not run with a defect, it
    is unloaded again. Nothing happens to services that have them already.
    """

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Add the options."""
        parser = super().get_parser(prog_name)
        add_name(parser)
        parser.add_argument(
            "files", nargs="+", type=Path, metavar="FILE.py", help="see lab/defects"
        )
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> None:
        """Load them."""
        defects = read_defects(parsed_args.files)
        patching.load(Lab(parsed_args.name), defects, print)
        print(f"Loaded: {', '.join(defect.name for defect in defects)}.")


class DefectUnload(Command):
    """Make the running cloud whole again: the services concerned start without the defects."""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Add the options."""
        parser = super().get_parser(prog_name)
        add_name(parser)
        parser.add_argument("names", nargs="*", metavar="NAME", help="as `lab status` shows them")
        parser.add_argument("--all", action="store_true", help="whatever is loaded")
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> None:
        """Unload them."""
        if parsed_args.all == bool(parsed_args.names):
            raise LabError("Say which defects to unload, or --all.")
        names = None if parsed_args.all else parsed_args.names
        patching.unload(Lab(parsed_args.name), names, print)
        print("Unloaded." if names is None else f"Unloaded: {', '.join(names)}.")
