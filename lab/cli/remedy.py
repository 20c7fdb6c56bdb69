# SPDX-License-Identifier: Apache-2.0
"""``migration-chaos lab remedy list|on|off``."""

import argparse

from cliff.command import Command
from cliff.lister import Lister

from lab import remedies
from lab.cli import add_name
from lab.lifecycle import patching
from lab.lifecycle.building import Lab
from lab.loading import looking


class RemedyList(Lister):
    """Show the remedies for bugs of the published services: which bug, and how often each acted.

    Without a lab that is up, what there would be.
    """

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Add the options."""
        parser = super().get_parser(prog_name)
        add_name(parser)
        return parser

    def take_action(
        self, parsed_args: argparse.Namespace
    ) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
        """Return the table."""
        lab = Lab(parsed_args.name)
        places: list[looking.Place] = []
        acted: dict[str, int] = {}
        if lab.up:
            places = patching.look(lab)
            acted = looking.acted(lab.engine(), remedies.known())
        rows: list[tuple[str, ...]] = []
        for remedy in remedies.known():
            here = [place for place in places if place.patch.name == remedy.name]
            states = list(dict.fromkeys(place.state for place in here))
            where = ", ".join(remedy.services) or f"{remedy.unit} on {remedy.role} hosts"
            times = str(acted[remedy.name]) if remedy.name in acted else ""
            rows.append((remedy.name, ", ".join(states), where, times, remedy.summary))
        return ("Remedy", "State", "Where", "Acted", "Bug"), rows


class _Switch(Command):
    on: bool

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Add the options."""
        parser = super().get_parser(prog_name)
        add_name(parser)
        parser.add_argument("names", nargs="+", metavar="NAME", help="as `lab remedy list` says")
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> None:
        """Switch them."""
        patching.switch(Lab(parsed_args.name), parsed_args.names, self.on, print)
        print(f"Switched {'on' if self.on else 'off'}: {', '.join(parsed_args.names)}.")


class RemedyOn(_Switch):
    """Switch remedies on in the running lab; the services concerned start anew."""

    on = True


class RemedyOff(_Switch):
    """Switch remedies off in the running lab: its services then run as they were published."""

    on = False
