# SPDX-License-Identifier: Apache-2.0
"""Options that the commands of this library share."""

import argparse


def add_hosts(parser: argparse.ArgumentParser) -> None:
    """Add ``--hosts``."""
    parser.add_argument(
        "--hosts",
        metavar="FILE",
        default="hosts.yaml",
        help="the hosts file (default: %(default)s in the current folder)",
    )


def add_json(parser: argparse.ArgumentParser) -> None:
    """Add ``--json`` to the options of a cliff command that shows a table."""
    parser.add_argument(
        "--json",
        dest="formatter",
        action="store_const",
        const="json",
        default=argparse.SUPPRESS,
        help="print JSON; the same as -f json",
    )
