# SPDX-License-Identifier: Apache-2.0
"""Writes ini files. Knows the shape of such a file, and no service's options."""

from collections.abc import Mapping, Sequence

Value = str | int | float | bool | Sequence[str]


def _ini_value(value: Value) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | tuple):
        return ",".join(str(item) for item in value)
    return str(value)


def ini(sections: Mapping[str, Mapping[str, Value]]) -> str:
    """Write an oslo.config style file; lists are joined by commas, sections keep their order."""
    lines = []
    for section, values in sections.items():
        lines.append(f"[{section}]")
        lines += [f"{key} = {_ini_value(value)}" for key, value in values.items()]
        lines.append("")
    return "\n".join(lines)
