# SPDX-License-Identifier: Apache-2.0
"""The commands of the lab, ``migration-chaos lab ...``, one file each."""

import argparse

DEFAULT_NAME = "lab"


def add_name(parser: argparse.ArgumentParser) -> None:
    """Add the option that says which lab is meant."""
    parser.add_argument(
        "--name", default=DEFAULT_NAME, help="which lab, if there are several (default: lab)"
    )
