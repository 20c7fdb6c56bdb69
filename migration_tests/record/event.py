# SPDX-License-Identifier: Apache-2.0
"""What an event of the history is made of, and its way into JSON data and back.

May not know: which kinds of events there are (`events`).
"""

from __future__ import annotations

import dataclasses
import functools
import types
import typing
from dataclasses import dataclass
from typing import Any, ClassVar, Self

# Fields that name something: a record in which one is empty is damaged.
_NAMES = frozenset(
    {"server", "host", "moment", "port", "volume", "migration", "witness", "fault"}
)

KINDS: dict[str, type[Event]] = {}


class EventError(ValueError):
    """A line's data does not fit its kind: a field is missing or holds what it must not."""


@dataclass(frozen=True, kw_only=True)
class Part:
    """Something inside an event: turns itself into plain JSON data and back."""

    nested: ClassVar[dict[str, type[Part]]] = {}  # field name -> type of its elements
    unread: ClassVar[dict[str, str]] = {}  # field that no judge reads -> why it is recorded

    def to_data(self) -> dict[str, Any]:
        """Return the fields as JSON data; tuples become lists."""
        data: dict[str, Any] = _plain(dataclasses.asdict(self))
        return data

    @classmethod
    def from_data(cls, data: dict[str, Any]) -> Self:
        """Return the part that `data` describes.

        Fields this version does not know are passed over, so an older reader can read a newer
        record. Raises EventError when a field without a default is missing, or when a field
        holds something of another type: a record that was damaged must not be judged as if it
        said something.
        """
        if not isinstance(data, dict):
            raise EventError(f"{cls.__name__} cannot be {data!r}")
        values: dict[str, Any] = {}
        for name, wanted in _types(typing.cast(Any, cls)).items():
            if name not in data:
                continue
            value = data[name]
            if isinstance(value, list):
                part = cls.nested.get(name)
                value = tuple(
                    part.from_data(element) if part else _frozen(element) for element in value
                )
            if not _fits(value, wanted) or (value == "" and wanted is str and name in _NAMES):
                raise EventError(f"{cls.__name__}: {name} cannot be {value!r}")
            values[name] = value
        try:
            return cls(**values)
        except TypeError as error:
            found = ", ".join(sorted(data)) or "none"
            raise EventError(f"{cls.__name__}: {error}; found the fields: {found}") from error


@functools.cache
def _types(part: type[Part]) -> dict[str, Any]:
    """Return the type of each field."""
    hints = typing.get_type_hints(part)
    return {field.name: hints[field.name] for field in dataclasses.fields(part)}


def _fits(value: Any, wanted: Any) -> bool:
    """Say whether a value is of a type, as far as the fields of events use types."""
    inner = typing.get_args(wanted)
    if isinstance(wanted, types.UnionType):
        return any(_fits(value, one) for one in inner)
    if typing.get_origin(wanted) is dict:
        return isinstance(value, dict) and all(
            _fits(key, inner[0]) and _fits(element, inner[1]) for key, element in value.items()
        )
    if typing.get_origin(wanted) is tuple:
        if not isinstance(value, tuple):
            return False
        types_of = inner[:1] * len(value) if inner[-1] is Ellipsis else inner
        return len(value) == len(types_of) and all(map(_fits, value, types_of))
    if isinstance(value, bool):
        return wanted in (bool, Any)  # to Python, True is a number
    return wanted is Any or isinstance(value, (int, float) if wanted is float else wanted)


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

    def __init_subclass__(cls, **keywords: Any) -> None:
        super().__init_subclass__(**keywords)
        if cls.kind:
            KINDS[cls.kind] = cls
