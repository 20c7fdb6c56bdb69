# SPDX-License-Identifier: Apache-2.0
"""What an event of the history is made of, and its way into JSON data and back.

May not know: which kinds of events there are (`events`).
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any, ClassVar, Self

KINDS: dict[str, type[Event]] = {}


class EventError(ValueError):
    """A line's data does not fit its kind: a field is missing or is none of this kind's."""


@dataclass(frozen=True, kw_only=True)
class Part:
    """Something inside an event: turns itself into plain JSON data and back."""

    nested: ClassVar[dict[str, type[Part]]] = {}  # field name -> type of its elements

    def to_data(self) -> dict[str, Any]:
        """Return the fields as JSON data; tuples become lists."""
        data: dict[str, Any] = _plain(dataclasses.asdict(self))
        return data

    @classmethod
    def from_data(cls, data: dict[str, Any]) -> Self:
        """Return the part that `data` describes.

        Fields this version does not know are passed over, so an older reader can read a newer
        record. Raises EventError when a field without a default is missing.
        """
        values: dict[str, Any] = {}
        for field in dataclasses.fields(cls):
            if field.name not in data:
                continue
            value = data[field.name]
            if isinstance(value, list):
                part = cls.nested.get(field.name)
                value = tuple(
                    part.from_data(element) if part else _frozen(element) for element in value
                )
            values[field.name] = value
        try:
            return cls(**values)
        except TypeError as error:
            found = ", ".join(sorted(data)) or "none"
            raise EventError(f"{cls.__name__}: {error}; found the fields: {found}") from error


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(element) for key, element in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(element) for element in value]
    return value


def _frozen(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


@dataclass(frozen=True, kw_only=True)
class Event(Part):
    """One line of the history, without its time and its source."""

    kind: ClassVar[str] = ""
    unread: ClassVar[dict[str, str]] = {}  # field that no judge reads -> why it is recorded

    def __init_subclass__(cls, **keywords: Any) -> None:
        super().__init_subclass__(**keywords)
        if cls.kind:
            KINDS[cls.kind] = cls
