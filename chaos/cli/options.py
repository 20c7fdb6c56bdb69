# SPDX-License-Identifier: Apache-2.0
"""Options that the commands of this library share."""

import argparse


def add_hosts(parser: argparse.ArgumentParser) -> None:
    """Add ``--hosts``."""
    parser.add_argument(
        "--hosts",
        metavar="FILE",
        default="hosts.yaml",
        help="the hosts file (default: hosts.yaml in the current folder)",
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


def add_state(parser: argparse.ArgumentParser) -> None:
    """Add ``--state``."""
    parser.add_argument(
        "--state",
        metavar="FOLDER",
        default=None,
        help="the folder of the journals of all runs (default: MIGRATION_CHAOS_STATE, else "
        "/var/lib/migration-chaos for root, else the user's own state folder)",
    )
