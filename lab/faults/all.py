# SPDX-License-Identifier: Apache-2.0
"""All kinds of faults: what is wrong in a lab now, and how it is undone."""

from collections.abc import Collection, Iterator

from lab.faults import cut, full, losing
from lab.faults.fault import Fault
from lab.hosts.engine import LabEngine

KINDS = {cut.KIND: cut, full.KIND: full, losing.KIND: losing}


def found(engine: LabEngine) -> Iterator[Fault]:
    """Return every fault there is now.

    :raises lab.core.outer.OuterError: the lab is not up.
    """
    for kind in KINDS.values():
        yield from kind.found(engine)


def clear(
    engine: LabEngine, host: str | None = None, kinds: Collection[str] = tuple(KINDS)
) -> list[Fault]:
    """Undo faults and return them; there may be none.

    :param host: only the faults that concern this host.
    :param kinds: only faults of these kinds.
    :raises lab.faults.fault.FaultError: one could not be undone.
    """
    faults = [
        fault
        for kind in kinds
        for fault in KINDS[kind].found(engine)
        if host in (None, fault.host, fault.other)
    ]
    for fault in faults:
        KINDS[fault.kind].clear(engine, fault)
    return faults
