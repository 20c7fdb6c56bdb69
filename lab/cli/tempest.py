# SPDX-License-Identifier: Apache-2.0
"""``migration-chaos lab tempest options``."""

import argparse

from cliff.command import Command

from lab.cli import add_name
from lab.core.ini import ini
from lab.lifecycle.building import Lab
from lab.outputs.tempest_conf import ANY, of_kind


class TempestOptions(Command):
    """Print the options of tempest.conf for servers that have their disks on one kind of storage.

    The lab's own tempest.conf is for servers of the kind that its first host has.
    """

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Add the options."""
        parser = super().get_parser(prog_name)
        add_name(parser)
        parser.add_argument(
            "kind",
            metavar="KIND",
            help=f"shared, ephemeral or fake, as `lab show` says of hosts; or {ANY}: wherever they"
            " are, for servers that are not moved",
        )
        parser.add_argument(
            "--alone",
            action="store_true",
            help="no host of another kind takes servers, so that any host may be named as the"
            " target of a move",
        )
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> None:
        """Print them."""
        plan = Lab(parsed_args.name).engine().plan
        print(ini(of_kind(plan, parsed_args.kind, parsed_args.alone)), end="")
