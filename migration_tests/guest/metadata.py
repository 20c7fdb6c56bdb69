# SPDX-License-Identifier: Apache-2.0
"""Reads what the metadata script prints: what the cloud tells a server of itself.

Pure. May not know: how the script gets into the server.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from migration_tests.guest.scripts import PARTS

SERVICE, DRIVE = "service", "drive"  # where metadata are found

_HEAD = re.compile(rf"^==({'|'.join(PARTS)})==\n", re.MULTILINE)


@dataclass(frozen=True)
class Told:
    """What a server can read of itself.

    :ivar source: SERVICE or DRIVE, where name and user data are from; None: nowhere
    :ivar hostname: None: it gets none
    :ivar user_data: None: it gets none
    :ivar drive: the server's ID on its config drive; None: there is none that it can read
    """

    source: str | None = None
    hostname: str | None = None
    user_data: str | None = None
    drive: str | None = None


def parse(output: str, prefer: str = SERVICE) -> Told:
    """Return what the output of the script says.

    :param prefer: SERVICE or DRIVE, which is believed if there are both
    """
    _, *pieces = _HEAD.split(output)
    texts = [text.removesuffix("\n") for text in pieces[1::2]]
    parts = dict(zip(pieces[::2], texts, strict=True))
    drive = _meta(parts.get("drive-meta", ""))
    identity = None if drive is None else _text(drive, "uuid") or ""
    for source in sorted((SERVICE, DRIVE), key=lambda one: one != prefer):
        meta = _meta(parts.get(f"{source}-meta", ""))
        if meta is not None:
            return Told(
                source=source,
                hostname=_text(meta, "hostname"),
                user_data=parts.get(f"{source}-user") or None,
                drive=identity,
            )
    return Told(drive=identity)


def _meta(text: str) -> dict[str, Any] | None:
    """Return the metadata of a server; None if it is none."""
    try:
        found = json.loads(text)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def _text(meta: dict[str, Any], name: str) -> str | None:
    value = meta.get(name)
    return value if isinstance(value, str) and value else None
