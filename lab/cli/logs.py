# SPDX-License-Identifier: Apache-2.0
"""``migration-chaos lab logs``."""

import argparse
import os

from cliff.command import Command

from lab.cli import add_name
from lab.lifecycle.building import Lab


class Logs(Command):
    """Show the journal of a service, of all hosts or of one; hosts that are off included."""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Add the options."""
        parser = super().get_parser(prog_name)
        add_name(parser)
        parser.add_argument("service", metavar="NAME", help="a unit: nova-compute, keystone, ...")
        parser.add_argument("-f", "--follow", action="store_true", help="go on as lines arrive")
        parser.add_argument("--host", help="only this host's")
        parser.add_argument("-n", "--lines", type=int, default=1000, help="how many at the most")
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> None:
        """Become journalctl, reading the hosts' disks from outside."""
        engine = Lab(parsed_args.name).engine()
        host = engine.plan.host(parsed_args.host).name if parsed_args.host else "*"
        command = engine.outer.enter(
            [
                "journalctl",
                f"--file=/lab/hosts/{host}/upper/var/log/journal/*/system.journal",
                "--no-pager",
                f"--unit={parsed_args.service}",
                f"--lines={parsed_args.lines}",
                "--output=short-iso-precise",
                *(["--follow"] if parsed_args.follow else []),
            ]
        )
        os.execvp(command[0], command)
