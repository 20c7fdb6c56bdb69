# SPDX-License-Identifier: Apache-2.0
"""``migration-chaos lab contents``."""

import argparse

from cliff.lister import Lister

from lab.cli import add_name
from lab.lifecycle import contents
from lab.lifecycle.building import Lab


class Contents(Lister):
    """List all that the lab holds: in its cloud, on its hosts, in Ceph; one line each.

    Two lists, taken before and after something, show what that left behind.
    """

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Add the options."""
        parser = super().get_parser(prog_name)
        add_name(parser)
        return parser

    def take_action(
        self, parsed_args: argparse.Namespace
    ) -> tuple[tuple[str, ...], list[tuple[str, str]]]:
        """Return the table."""
        found = contents.take(Lab(parsed_args.name))
        rows = [(kind, line) for kind, lines in found.items() for line in lines]
        return ("Kind", "What"), rows
