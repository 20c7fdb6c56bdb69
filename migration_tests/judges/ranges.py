# SPDX-License-Identifier: Apache-2.0
"""Numbers as ranges (first, last), both included: what was written and what was read.

May not know: records, servers.
"""

from __future__ import annotations

from collections.abc import Iterable

Range = tuple[int, int]


def merge(ranges: Iterable[Range]) -> list[Range]:
    """Return the same numbers as sorted ranges that neither touch nor overlap."""
    merged: list[Range] = []
    for first, last in sorted(ranges):
        if merged and first <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(last, merged[-1][1]))
        elif first <= last:
            merged.append((first, last))
    return merged


def subtract(ranges: Iterable[Range], without: Iterable[Range]) -> list[Range]:
    """Return the numbers of `ranges` that are not in `without`, as sorted ranges."""
    left: list[Range] = []
    holes = merge(without)
    for first, last in merge(ranges):
        start = first
        for hole_first, hole_last in holes:
            if hole_last < start or hole_first > last:
                continue
            if hole_first > start:
                left.append((start, hole_first - 1))
            start = hole_last + 1
        if start <= last:
            left.append((start, last))
    return left


def size(ranges: Iterable[Range]) -> int:
    """Return how many numbers there are in ranges that do not overlap."""
    return sum(last - first + 1 for first, last in ranges)


def text(ranges: Iterable[Range], limit: int = 6) -> str:
    """Return ranges for a human: ``3, 7-9, ...``."""
    texts = [str(first) if first == last else f"{first}-{last}" for first, last in ranges]
    return ", ".join(texts[:limit]) + (", ..." if len(texts) > limit else "")
