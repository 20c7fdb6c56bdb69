# SPDX-License-Identifier: Apache-2.0
"""Options that the commands of this library share."""

import argparse

from cliff.display import DisplayCommandBase


def add_hosts(parser: argparse.ArgumentParser) -> None:
    """Add ``--hosts``."""
    parser.add_argument(
        "--hosts",
        metavar="FILE",
        default="hosts.yaml",
        help="the hosts file (default: %(default)s in the current folder)",
    )


def add_json(parser: argparse.ArgumentParser) -> None:
    """Add ``--json``."""
    parser.add_argument("--json", action="store_true", help="print JSON; the same as -f json")


def choose_json(command: DisplayCommandBase, parsed_args: argparse.Namespace) -> None:
    """Let ``--json`` take the place of the formatter chosen with -f."""
    if parsed_args.json:
        command.formatter = command._formatter_plugins["json"].obj
