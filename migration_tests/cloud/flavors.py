# SPDX-License-Identifier: Apache-2.0
"""What a flavor's servers take of a host, and which hosts take them by their aggregates.

What Nova's AggregateInstanceExtraSpecsFilter decides is decided here from the same data, so that
a scenario finds its hosts before anything is booted. Traits are left to the scheduler. Pure. May
not know: which flavor is for what.
"""

from __future__ import annotations

import contextlib
import math
import operator
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

ZONE = "availability_zone"
SCOPE = "aggregate_instance_extra_specs:"


@dataclass(frozen=True)
class Flavor:
    """A flavor.

    :ivar needs: amounts by resource class of a server with a local root disk
    :ivar aggregate_specs: what an aggregate's metadata must say for its hosts to take it
    """

    flavor: str
    name: str
    needs: Mapping[str, int]
    aggregate_specs: Mapping[str, str]


@dataclass(frozen=True)
class Aggregate:
    """A host aggregate."""

    name: str
    hosts: tuple[str, ...]
    metadata: Mapping[str, str]


def zones(aggregates: Iterable[Aggregate]) -> dict[str, str]:
    """Return the availability zone of each host that is in one of its own."""
    return {
        host: aggregate.metadata[ZONE]
        for aggregate in aggregates
        if ZONE in aggregate.metadata
        for host in aggregate.hosts
    }


def flavor(body: Mapping[str, Any], specs: Mapping[str, str]) -> Flavor:
    """Read ``GET /flavors/{id}`` and its extra specs."""
    disk = body["disk"] + body.get("OS-FLV-EXT-DATA:ephemeral", 0)
    disk += math.ceil(int(body.get("swap") or 0) / 1024)
    needs = {"VCPU": body["vcpus"], "MEMORY_MB": body["ram"], "DISK_GB": disk}
    return Flavor(
        flavor=body["id"],
        name=body["name"],
        needs={kind: amount for kind, amount in needs.items() if amount},
        aggregate_specs={
            key.removeprefix(SCOPE): value
            for key, value in specs.items()
            if key.startswith(SCOPE)
        },
    )


def aggregate(body: Mapping[str, Any]) -> Aggregate:
    """Read one element of ``GET /os-aggregates``."""
    return Aggregate(
        name=body["name"],
        hosts=tuple(body.get("hosts") or ()),
        metadata=dict(body.get("metadata") or {}),
    )


def hosts_for(
    wanted: Flavor, hosts: Collection[str], aggregates: Iterable[Aggregate]
) -> tuple[str, ...]:
    """Return those of `hosts` that take servers of a flavor, in their order.

    As Nova does, the values of all aggregates that a host is in are looked at together, and an
    aggregate may have several values, with commas between.
    """
    listed = list(aggregates)

    def values(host: str, key: str) -> set[str]:
        texts = [one.metadata.get(key) for one in listed if host in one.hosts]
        return {value.strip() for text in texts if text for value in text.split(",")}

    def takes(host: str) -> bool:
        return all(
            any(_matches(value, text) for value in values(host, key))
            for key, text in wanted.aggregate_specs.items()
        )

    return tuple(host for host in hosts if takes(host))


# What a flavor may say of a value (nova/scheduler/filters/extra_specs_ops.py); "=" is no slip.
_NUMBERS: dict[str, Callable[[float, float], bool]] = {
    "=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_TEXTS: dict[str, Callable[[str, str], bool]] = {
    "s==": operator.eq,
    "s!=": operator.ne,
    "s<": operator.lt,
    "s<=": operator.le,
    "s>": operator.gt,
    "s>=": operator.ge,
    "<in>": lambda value, word: word in value,
}


def _matches(value: str, wanted: str) -> bool:
    """Return whether an aggregate's value is as a flavor wants it."""
    operation, *words = wanted.split() or [""]
    if operation == "<or>":
        return value in words[::2]
    if operation in _TEXTS:
        return bool(words) and _TEXTS[operation](value, words[0])
    if operation in _NUMBERS:
        with contextlib.suppress(ValueError):
            return bool(words) and _NUMBERS[operation](float(value), float(words[0]))
        return False
    return value == wanted
