# SPDX-License-Identifier: Apache-2.0
"""Whether servers would find room on hosts, by Placement's numbers. Pure.

May not know: where the numbers come from.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

Amounts = Mapping[str, int]


def first_without_place(
    needs: Iterable[Amounts], room: Mapping[str, Amounts]
) -> Amounts | None:
    """Put the biggest first where most is left; return the first that fits nowhere, or None.

    A hint, not the scheduler: what it finds no place for has none, but for a packing that only a
    search would find.

    :param needs: of each server, amounts by resource class
    :param room: host to free amounts
    """
    left = {name: dict(free) for name, free in room.items()}
    for need in sorted(needs, key=lambda one: sorted(one.items(), reverse=True), reverse=True):
        fitting = [
            name
            for name, free in left.items()
            if all(free.get(kind, 0) >= amount for kind, amount in need.items())
        ]
        if not fitting:
            return need
        kinds = sorted(need, reverse=True)
        best = max(fitting, key=lambda name: [left[name].get(kind, 0) for kind in kinds])
        for kind, amount in need.items():
            left[best][kind] -= amount
    return None


def amounts_text(amounts: Amounts) -> str:
    """Return amounts as text: ``1 VCPU, 128 MEMORY_MB``."""
    return ", ".join(f"{amount} {kind}" for kind, amount in sorted(amounts.items())) or "nothing"
