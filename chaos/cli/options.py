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


def add_state(parser: argparse.ArgumentParser) -> None:
    """Add ``--state``."""
    parser.add_argument(
        "--state",
        metavar="FOLDER",
        default=None,
        help="the folder of the journals of all runs (default: MIGRATION_CHAOS_STATE, else "
        "/var/lib/migration-chaos for root, else the user's own state folder)",
    )
