# SPDX-License-Identifier: Apache-2.0
"""Turns what the cloud answered into an event of the history, field by field of the same name.

Pure. May not know: any kind of answer or event.
"""

from __future__ import annotations

import dataclasses
from typing import Any, TypeVar

from migration_tests.record.event import Part

P = TypeVar("P", bound=Part)


def as_event(kind: type[P], answer: Any, **more: Any) -> P:
    """Return an event (or a part of one) with the fields of an answer.

    :param answer: a dataclass; its fields that the event lacks are left out
    :param more: fields that the answer lacks, or has otherwise
    """
    values: dict[str, Any] = {}
    for field in dataclasses.fields(kind):
        if field.name in more:
            values[field.name] = more[field.name]
        elif hasattr(answer, field.name):
            value = getattr(answer, field.name)
            part = kind.nested.get(field.name)
            if part is not None and value is not None:
                value = tuple(as_event(part, element) for element in value)
            values[field.name] = value
    return kind(**values)
