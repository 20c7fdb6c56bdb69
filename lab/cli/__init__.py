# SPDX-License-Identifier: Apache-2.0
"""The commands of the lab, ``migration-chaos lab ...``, one file each."""

import argparse
from collections.abc import Iterable
from typing import Any

from cliff.columns import FormattableColumn

DEFAULT_NAME = "lab"


def add_name(parser: argparse.ArgumentParser) -> None:
    """Add the option that says which lab is meant."""
    parser.add_argument(
        "--name", default=DEFAULT_NAME, help="which lab, if there are several (default: lab)"
    )


class Listed(FormattableColumn):
    """Several things in one cell: for people their names, for programs all of them as a list.

    :param key: of the things, if they are dictionaries: what they are called.
    """

    def __init__(self, things: Iterable[Any], key: str = ""):
        super().__init__(list(things))
        self._key = key

    def human_readable(self) -> str:
        """Return the names in one line."""
        return " ".join(str(each[self._key] if self._key else each) for each in self._value)
