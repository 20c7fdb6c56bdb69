# SPDX-License-Identifier: Apache-2.0
"""``migration-chaos lab check``."""

import argparse

from cliff.command import Command

from lab.cli.choosing import add_choices, choices
from lab.core.cache import Cache
from lab.lifecycle import requirements


class Check(Command):
    """Say whether this machine can carry a lab, and what is missing if it cannot.

    What ``lab up`` looks for before it does anything; nothing is made.
    """

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Add the options."""
        parser = super().get_parser(prog_name)
        add_choices(parser)
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> None:
        """Look; what is missing is raised."""
        chosen = choices(parsed_args)
        requirements.check(Cache().folder, chosen)
        print(f"This machine can carry a lab of {chosen.hosts} hosts.")
