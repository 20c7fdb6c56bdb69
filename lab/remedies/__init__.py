# SPDX-License-Identifier: Apache-2.0
"""Remedies for upstream bugs that would make a healthy lab look broken; one file each.

A remedy is the mirror of a defect (`lab.defects`): its docstring names the bug and what it does,
``SERVICES`` the units it is loaded into, and ``apply()`` changes the process - never the
installed packages. To switch it off, remove its file from ``/etc/lab/remedies`` on the host and
restart the service, which then runs as published.
"""

import ast
from pathlib import Path

FOLDER = "/etc/lab/remedies"

_HERE = Path(__file__).parent


def names() -> tuple[str, ...]:
    """Return the names of all remedies."""
    return tuple(sorted(path.stem for path in _HERE.glob("*.py") if path.stem != "__init__"))


def source(name: str) -> str:
    """Return a remedy's source."""
    return (_HERE / f"{name}.py").read_text()


def summary(name: str) -> str:
    """Return the first line of what a remedy says of itself."""
    return (ast.get_docstring(ast.parse(source(name))) or "").partition("\n")[0]


def served(name: str, module: str) -> str:
    """Return a module for uWSGI: the application of `module`, with a remedy if that is there.

    :param module: what uWSGI would serve without it.
    """
    return (
        '"""Serves the application with the remedy beside this file, if it is still there."""\n'
        "import importlib.util\n"
        "\n"
        f"from {module} import application  # noqa: F401\n"
        "\n"
        f'if importlib.util.find_spec("{name}"):\n'
        f"    import {name}\n"
        "\n"
        f"    {name}.apply()\n"
    )
