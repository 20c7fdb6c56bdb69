# SPDX-License-Identifier: Apache-2.0
"""Where the samples are: with an installed package below its environment's etc/, else in a clone.

May not know: what stands in them.
"""

from __future__ import annotations

import importlib.metadata
from pathlib import Path

import migration_tests
from migration_tests.cli.app import DISTRIBUTION


def path(name: str) -> Path:
    """Return where the sample of that name is, such as ``hosts.yaml.sample``.

    Where it was installed is what the installation wrote down; an editable one has none.
    """
    try:
        installed = importlib.metadata.files(DISTRIBUTION) or ()
    except importlib.metadata.PackageNotFoundError:
        installed = ()
    for file in installed:
        if file.name == name:
            return Path(str(file.locate())).resolve()
    return Path(migration_tests.__file__).resolve().parents[1] / "etc" / name
