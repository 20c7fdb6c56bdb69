# SPDX-License-Identifier: Apache-2.0
"""Whether servers would find room on hosts, by Placement's numbers. Pure.

May not know: where the numbers come from.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

Amounts = Mapping[str, int]


@dataclass(frozen=True)
class Need:
    """What one server takes of its host.

    :ivar amounts: by resource class
    :ivar hosts: where it may go; None: anywhere
    """

    amounts: Amounts
    hosts: tuple[str, ...] | None = None


def first_without_place(needs: Iterable[Need], room: Mapping[str, Amounts]) -> Need | None:
    """Put servers where most is left; return the first that fits nowhere, or None.

    Those that may go to few hosts are put first, and of them the biggest. A hint, not the
    scheduler: what it finds no place for has none, but for a packing that only a search would
    find.

    :param room: host to free amounts
    """
    left = {name: dict(free) for name, free in room.items()}
    for need in sorted(needs, key=lambda one: _order(one, left)):
        fitting = [
            name
            for name in _where(need, left)
            if all(left[name].get(kind, 0) >= amount for kind, amount in need.amounts.items())
        ]
        if not fitting:
            return need
        kinds = sorted(need.amounts, reverse=True)
        best = max(fitting, key=lambda name: [left[name].get(kind, 0) for kind in kinds])
        for kind, amount in need.amounts.items():
            left[best][kind] -= amount
    return None


def _where(need: Need, room: Mapping[str, Amounts]) -> list[str]:
    return [name for name in room if need.hosts is None or name in need.hosts]


def _order(need: Need, room: Mapping[str, Amounts]) -> tuple[int, list[tuple[str, int]]]:
    biggest = sorted(((kind, -amount) for kind, amount in need.amounts.items()), reverse=True)
    return len(_where(need, room)), biggest


def amounts_text(amounts: Amounts) -> str:
    """Return amounts as text: ``1 VCPU, 128 MEMORY_MB``."""
    return ", ".join(f"{amount} {kind}" for kind, amount in sorted(amounts.items())) or "nothing"
