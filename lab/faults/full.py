# SPDX-License-Identifier: Apache-2.0
"""A full disk: a file beside everything a host can see takes what room its disk has left.

The host cannot delete it. It is synced, so it outlives the host's power cuts. What the host
deletes itself it can use again: the disk was full at the moment of filling.
"""

from collections.abc import Iterator

from lab.faults.fault import Fault, FaultError, run_inside
from lab.hosts.engine import LabEngine
from lab.model.plan import Host

KIND = "fill"


def fill(engine: LabEngine, host: Host, leave_mib: int = 0) -> Fault:
    """Fill the host's disk up; a second time, fill what has become free since.

    :param leave_mib: how much to leave free, MiB.
    :raises FaultError: there is less free than is to be left.
    """
    if leave_mib < 0:
        raise FaultError(f"No disk has {leave_mib} MiB free: leave 0 or more.")
    size = int(run_inside(engine, "filler", "fill", host.name, str(leave_mib << 20)))
    return _fault(host.name, size)


def _fault(host: str, size: int) -> Fault:
    return Fault(KIND, host, f"disk, by {size >> 20} MiB")


def found(engine: LabEngine) -> Iterator[Fault]:
    """Return every disk that carries filling."""
    names = [host.name for host in engine.plan.hosts]
    for line in run_inside(engine, "filler", "found", *names).decode().splitlines():
        host, size = line.split()
        yield _fault(host, int(size))


def clear(engine: LabEngine, fault: Fault) -> None:
    """Take the filling out, and nothing else."""
    run_inside(engine, "filler", "clear", fault.host)
