# SPDX-License-Identifier: Apache-2.0
"""Quantities as people write them: a rate, a size, a time.

Knows words and numbers only.
"""

import re

_RATES = {"bit": 1, "kbit": 10**3, "mbit": 10**6, "gbit": 10**9}
_SIZES = {"": 1, "k": 2**10, "m": 2**20, "g": 2**30}
_TIMES = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}


def _read(text: str, units: dict[str, float], what: str, like: str) -> float:
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([a-z]*)", text.strip().lower())
    if not found or found[2] not in units:
        raise ValueError(f"{text!r} is no {what}; write {like}")
    return float(found[1]) * units[found[2]]


def rate(text: str) -> int:
    """Read a rate like ``1mbit`` and return bits per second.

    :raises ValueError: if it is none
    """
    return int(_read(text, dict(_RATES), "rate", "500kbit or 1mbit"))


def size(text: str) -> int:
    """Read a size like ``64K`` and return bytes.

    :raises ValueError: if it is none
    """
    return int(_read(text.rstrip("Bb"), dict(_SIZES), "size", "4096, 64K or 1M"))


def seconds(text: str) -> float:
    """Read a time like ``80ms`` or ``5m`` and return seconds.

    :raises ValueError: if it is none
    """
    return _read(text, {"": 1.0, **_TIMES}, "time", "80ms, 90s or 5m")
