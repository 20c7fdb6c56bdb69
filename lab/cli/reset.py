# SPDX-License-Identifier: Apache-2.0
"""``migration-chaos lab reset``."""

import argparse

from cliff.command import Command

from lab.cli import add_name
from lab.core.steps import Progress
from lab.lifecycle.building import RESET_SECONDS, Lab


class Reset(Command):
    """Take the lab back to how it was made: an empty cloud, all hosts on and serving.

    Removes all servers, volumes, networks and whatever else anybody made in the cloud. Defects and
    faults that were loaded stay.
    """

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Add the options."""
        parser = super().get_parser(prog_name)
        add_name(parser)
        parser.add_argument(
            "--seconds",
            type=float,
            default=RESET_SECONDS,
            help=f"how long it may take (default: {RESET_SECONDS})",
        )
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> None:
        """Do it, and print each step."""
        lab = Lab(parsed_args.name)
        progress = Progress(lab.cache.folder / "durations.json")
        done = lab.reset(progress, parsed_args.seconds)
        removed = [f"{number} {name}" for name, number in sorted(done.removed.items())]
        print(f"Removed: {', '.join(removed) or 'nothing'}.")
        if done.left:
            print("Removed besides, left behind by servers and volumes that were gone:")
            print("\n".join(f"  {line}" for line in done.left))
        print("The lab is as it was made.")
