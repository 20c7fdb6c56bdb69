# SPDX-License-Identifier: Apache-2.0
"""``migration-chaos lab defect list|load|unload``."""

import argparse
from typing import Any

from cliff.command import Command
from cliff.lister import Lister

from lab.cli import Listed, add_name
from lab.lifecycle import patching
from lab.lifecycle.building import Lab, LabError

COLUMNS = (
    "Defect", "Services", "Judges", "Storages", "Scenarios", "Stops", "Hides", "Summary"
)  # fmt: skip


class DefectList(Lister):
    """Show the ready-made defects: what each breaks, which judges must fail then, and where.

    Scenarios are the smallest that show it (none: any evacuation). One that stops the scenario, or
    hides the judge of another, must not be loaded beside that.
    """

    def take_action(
        self, parsed_args: argparse.Namespace
    ) -> tuple[tuple[str, ...], list[tuple[Any, ...]]]:
        """Return the table."""
        rows: list[tuple[Any, ...]] = [
            (
                defect.name,
                Listed(defect.services),
                Listed(defect.judges),
                Listed(defect.storages),
                Listed(defect.scenarios),
                defect.stops,
                Listed(defect.hides),
                defect.summary,
            )
            for defect in patching.ready_made()
        ]
        return COLUMNS, rows


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
            "defects",
            nargs="+",
            metavar="FILE.py|NAME",
            help="a file, or the name of one of those that `lab defect list` shows",
        )
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> None:
        """Load them."""
        defects = patching.named(parsed_args.defects)
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
