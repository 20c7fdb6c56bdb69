# SPDX-License-Identifier: Apache-2.0
"""``migration-chaos lab down``."""

import argparse

from cliff.command import Command

from lab.cli import add_name
from lab.lifecycle.building import Lab


class Down(Command):
    """End the lab and remove everything of it but the cache of what it was built from."""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Add the options."""
        parser = super().get_parser(prog_name)
        add_name(parser)
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> None:
        """Remove it."""
        lab = Lab(parsed_args.name)
        print("The lab is gone." if lab.remove() else f"There is no lab {lab.name!r}.")
